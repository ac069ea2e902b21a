"use strict";
(function () {
  var words = document.body.dataset; // in the language of the page
  function copy(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    var area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "hidden";
    document.body.appendChild(area);
    area.select();
    var done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject();
  }
  function add(target, place) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = words.copy;
    button.addEventListener("click", function () {
      copy(target.textContent).then(
        function () { button.textContent = words.copied; },
        function () { button.textContent = words.copyByHand; });
      setTimeout(function () { button.textContent = words.copy; }, 2000);
    });
    place(button);
  }
  document.querySelectorAll("pre:not(.bytes)").forEach(function (pre) {
    var frame = document.createElement("div");
    frame.className = "copy-frame";
    pre.replaceWith(frame);
    frame.appendChild(pre);
    add(pre, function (button) { frame.appendChild(button); });
  });
  document.querySelectorAll("code.copyable").forEach(function (code) {
    add(code, function (button) { code.after(" ", button); });
  });
})();
