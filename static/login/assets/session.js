/* The session frame (OpenID Connect Session Management 1.0): an application that embeds it posts
 * "client_id session_state" and hears "unchanged", "changed" or "error". The server is asked once
 * per client and origin whether they belong together; nobody else gets an answer (OI-06). */
(function () {
  "use strict";
  var MAX_PAIRS = 4;        // different askers in one frame
  var MAX_PER_SECOND = 20;  // messages that are looked at
  var cookieName = document.documentElement.getAttribute("data-cookie");
  var known = new Map();
  var second = 0;
  var seen = 0;

  function cookie() {
    var parts = document.cookie.split("; ");
    for (var i = 0; i < parts.length; i++) {
      if (parts[i].indexOf(cookieName + "=") === 0) {
        return parts[i].slice(cookieName.length + 1);
      }
    }
    return "";
  }

  function tooMany() {
    var now = Math.floor(Date.now() / 1000);
    if (now !== second) {
      second = now;
      seen = 0;
    }
    seen += 1;
    return seen > MAX_PER_SECOND;
  }

  // Resolves to true when the origin is one of the client's.
  function belongs(client, origin) {
    var pair = origin + " " + client;
    if (!known.has(pair)) {
      if (known.size >= MAX_PAIRS) {
        return Promise.resolve(false);
      }
      var query = "client_id=" + encodeURIComponent(client) + "&origin=" + encodeURIComponent(origin);
      known.set(pair, fetch("login-status-iframe.html/init?" + query, { credentials: "omit" }).then(
        function (answer) { return answer.status === 204; },
        function () { known.delete(pair); return false; }
      ));
    }
    return known.get(pair);
  }

  function hash(text) {
    return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)).then(function (bytes) {
      var binary = String.fromCharCode.apply(null, new Uint8Array(bytes));
      return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    });
  }

  function compare(sessionState) {
    var now = cookie();
    if (sessionState === "") {
      return Promise.resolve(now === "" ? "unchanged" : "changed");
    }
    return hash(sessionState).then(function (value) {
      return value === now ? "unchanged" : "changed";
    });
  }

  window.addEventListener("message", function (event) {
    if (event.source !== window.parent || event.source === window ||
        typeof event.data !== "string" || event.data.length > 1024 || tooMany()) {
      return;
    }
    var space = event.data.lastIndexOf(" ");
    var answer = function (text) { event.source.postMessage(text, event.origin); };
    if (space <= 0 || !/^https?:\/\//.test(event.origin)) {
      return;
    }
    belongs(event.data.slice(0, space), event.origin).then(function (yes) {
      return yes ? compare(event.data.slice(space + 1)) : "error";
    }).then(answer, function () { answer("error"); });
  });
})();
