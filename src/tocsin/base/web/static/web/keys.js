// Keys for people who work here all day: / search, ? help, j and k rows, x choose, g then a letter to go.
// Off while typing. The letters are written beside the places in the navigation (data-key), nowhere else.
"use strict";

const typing = (element) => element.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
let going = 0;

function rows() {
  return [...document.querySelectorAll("main tbody tr")]
    .map((row) => row.querySelector("a[href]"))
    .filter(Boolean);
}

function step(by) {
  const links = rows();
  const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const to = here < 0 ? 0 : Math.max(0, Math.min(links.length - 1, here + by));
  if (links[to]) links[to].focus();
}

function help() {
  const dialog = document.getElementById("help");
  if (dialog && !dialog.open) dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (going) {
    clearTimeout(going);
    going = 0;
    const place = document.querySelector(`.side a[data-key="${CSS.escape(event.key)}"]`);
    if (place) {
      event.preventDefault();
      place.click();
      return;
    }
  }
  switch (event.key) {
    case "g":
      going = setTimeout(() => { going = 0; }, 1500);
      break;
    case "/": {
      const search = document.querySelector("input[type=search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
      break;
    }
    case "?":
      help();
      break;
    case "j":
      step(1);
      break;
    case "k":
      step(-1);
      break;
    case "x": {
      const row = document.activeElement && document.activeElement.closest("tr");
      const box = row && row.querySelector("td.pick input");
      if (box) box.click();
      break;
    }
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-help]")) {
    event.preventDefault();
    help();
  }
  // A menu that is open closes when one clicks elsewhere.
  document.querySelectorAll("details.drop[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll("details.drop[open]").forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});
