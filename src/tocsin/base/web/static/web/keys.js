// Keys for people who work here all day: / search, j and k rows, g then a letter to go. Off while typing.
"use strict";
const places = { l: "/", f: "/findings/", n: "/notices/", o: "/organizations/", i: "/intake/", s: "/sent/" };
let going = false;
let row = -1;
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (going) {
    going = false;
    if (places[event.key]) location.href = places[event.key];
    return;
  }
  if (event.key === "g") going = true;
  if (event.key === "/") {
    const search = document.querySelector("input[type=search]");
    if (search) { event.preventDefault(); search.focus(); }
  }
  if (event.key === "j" || event.key === "k") {
    const links = document.querySelectorAll("tbody tr a:first-of-type");
    row = Math.max(0, Math.min(links.length - 1, row + (event.key === "j" ? 1 : -1)));
    if (links[row]) links[row].focus();
  }
});
