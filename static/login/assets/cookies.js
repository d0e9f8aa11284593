/* Does this browser send our cookie inside the frame of another site? The first page sets it and
 * moves on; the second tells the embedding application what the server saw. The word says nothing
 * about anybody, so every parent may hear it. */
(function () {
  "use strict";
  var page = document.documentElement;
  if (page.hasAttribute("data-next")) {
    window.location.replace(page.getAttribute("data-next"));
  } else if (window.parent !== window) {
    window.parent.postMessage(page.getAttribute("data-result"), "*");
  }
})();
