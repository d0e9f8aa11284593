/* Tells the embedding application whether this browser sent our cookie inside its frame. The word
 * says nothing about anybody, so every parent may hear it. */
(function () {
  "use strict";
  if (window.parent !== window) {
    window.parent.postMessage(document.documentElement.getAttribute("data-result"), "*");
  }
})();
