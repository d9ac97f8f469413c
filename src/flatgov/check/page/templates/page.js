(function () {
  "use strict";
  var box = document.getElementById("find");
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details:not(.numbers)").forEach(function (one) { one.open = true; });
  });
  if (!box) return;
  var said = document.getElementById("found");
  var entries = Array.prototype.map.call(document.querySelectorAll(".v"), function (one) {
    return [one, one.textContent.toLowerCase()];
  });
  box.parentNode.hidden = false;
  function look() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean), shown = 0;
    entries.forEach(function (pair) {
      var fits = words.every(function (word) { return pair[1].indexOf(word) >= 0; });
      pair[0].hidden = !fits;
      shown += fits;
    });
    document.querySelectorAll(".sector").forEach(function (one) {
      one.hidden = !one.querySelector(".v:not([hidden])");
    });
    said.textContent = words.length ? shown + " of " + entries.length + " variables" : "";
  }
  box.addEventListener("input", look);
  window.addEventListener("hashchange", function () {
    var goal = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!goal || !goal.closest("[hidden]")) return;
    box.value = "";
    look();
    goal.scrollIntoView();
  });
})();
