// Lists as tools: choosing rows shows what can be done with them; a box that scrolls can be reached by keyboard;
// tables shown as cards stay tables for screen readers. Everything also works without this file.
"use strict";

document.querySelectorAll("form[data-choose]").forEach((form) => {
  const boxes = [...form.querySelectorAll("td.pick input[type=checkbox]")];
  const all = form.querySelector("th.pick input[type=checkbox]");
  const bar = form.querySelector(".bulk");
  const figure = form.querySelector("[data-chosen]");
  const show = () => {
    const n = boxes.filter((box) => box.checked).length;
    boxes.forEach((box) => box.closest("tr").classList.toggle("chosen", box.checked));
    if (bar) bar.hidden = n === 0;
    if (figure) figure.textContent = String(n);
    if (all) {
      all.checked = n > 0 && n === boxes.length;
      all.indeterminate = n > 0 && n < boxes.length;
    }
  };
  form.addEventListener("change", (event) => {
    if (event.target === all) boxes.forEach((box) => { box.checked = all.checked; });
    show();
  });
  if (all) all.closest("th").hidden = false;
  show();
});

// A box changes with the window, with its own content and with a <details> that opens around it.
function reachable() {
  document.querySelectorAll(".scroll, main pre").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  });
}
const sizes = new ResizeObserver(reachable);
document.querySelectorAll(".scroll, .scroll > *, main pre").forEach((box) => sizes.observe(box));
reachable();

// display: block takes the meaning of a table away; the roles give it back (A. Roselli, 2018).
document.querySelectorAll("table.cards").forEach((table) => {
  table.setAttribute("role", "table");
  table.querySelectorAll("thead, tbody").forEach((part) => part.setAttribute("role", "rowgroup"));
  table.querySelectorAll("tr").forEach((row) => row.setAttribute("role", "row"));
  table.querySelectorAll("thead th").forEach((cell) => cell.setAttribute("role", "columnheader"));
  table.querySelectorAll("tbody th").forEach((cell) => cell.setAttribute("role", "rowheader"));
  table.querySelectorAll("td").forEach((cell) => cell.setAttribute("role", "cell"));
});
