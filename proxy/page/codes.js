"use strict";
(function () {
  var form = document.getElementById("find");
  var wanted = document.getElementById("wanted");
  var found = document.getElementById("found");
  var articles = Array.prototype.slice.call(document.querySelectorAll("article"));
  var texts = articles.map(function (one) { return (one.dataset.words + " " + one.textContent).toLowerCase(); });
  function filter() {
    var words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean);
    var shown = 0;
    articles.forEach(function (one, i) {
      var fits = words.every(function (word) { return texts[i].includes(word); });
      one.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    document.querySelectorAll("main > section").forEach(function (section) {
      section.hidden = !section.querySelector("article:not([hidden])");
    });
    found.textContent = words.length ? shown + " of " + articles.length : "";
  }
  form.hidden = false;
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  wanted.addEventListener("input", filter);
})();
