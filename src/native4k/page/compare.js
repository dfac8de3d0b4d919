"use strict";
// Without this script all pictures stand beside each other, and every link works.

/** A new element with attributes and children. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A list of the pictures' names, one of which is chosen. */
function chooser(label, names, chosen, show) {
  const list = make("select", {}, ...names.map((name, place) => make("option", { value: place }, name)));
  list.value = chosen;
  list.addEventListener("change", () => show(Number(list.value)));
  return make("label", {}, label, list);
}

/** Turn pictures of one place into a slider over two of them. */
function slider(panels) {
  const pictures = [...panels.querySelectorAll("img")];
  const names = [...panels.querySelectorAll("figcaption")].map((caption) => caption.textContent.trim());
  const [left, right] = ["left", "right"].map((side) => make("img", { class: side }));
  const stage = make("div", { class: "stage" }, right, left, make("span", { class: "divider" }));
  const range = make("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": "where left becomes right" });
  const show = (image, place) => {
    image.src = pictures[place].src;
    image.alt = names[place];
  };
  const move = () => stage.style.setProperty("--at", `${range.value}%`);
  const drag = (event) => {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = stage.getBoundingClientRect();
    range.value = (100 * (event.clientX - box.left)) / box.width;
    move();
  };
  range.addEventListener("input", move);
  for (const kind of ["pointerdown", "pointermove"]) stage.addEventListener(kind, drag);
  const last = names.length - 1;
  show(left, 0);
  show(right, last);
  move();
  const choosers = [
    chooser("left", names, 0, (place) => show(left, place)),
    chooser("right", names, last, (place) => show(right, place)),
  ];
  panels.parentElement.classList.add("sliding");
  panels.replaceWith(make("div", { class: "slider" }, stage, range, make("div", { class: "choosers" }, ...choosers)));
}

document.querySelectorAll(".slide .panels").forEach(slider);

document.addEventListener("keydown", (event) => {
  const view = document.querySelector(".view:target");
  if (event.key === "Escape" && view) view.querySelector(".close").click();
});
