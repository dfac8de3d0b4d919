// What axe calls color-contrast, link-name, label, image-alt, heading-order, duplicate-id, target of links, and more.
() => {
  const problems = [];
  const words = (element) => (element.innerText || element.textContent || "").trim().slice(0, 40);
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (colour) => {
    const parts = channels(colour).slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const background = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const found = getComputedStyle(one).backgroundColor;
      if ((channels(found)[3] ?? 1) === 1) return found;
    }
    return "rgb(255, 255, 255)";
  };
  const shown = (element) => element.getClientRects().length > 0;
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !shown(element) || element.closest("title, option, script")) continue;
    const style = getComputedStyle(element);
    const colour = element.closest("svg") ? style.fill : style.color;
    const light = [luminance(colour), luminance(background(element))].sort((one, other) => one - other);
    const contrast = (light[1] + 0.05) / (light[0] + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (contrast < (large ? 3 : 4.5)) problems.push(`contrast ${contrast.toFixed(2)}: ${element.tagName} ${words(element)}`);
  }
  for (const link of document.querySelectorAll("a")) {
    if (!(link.getAttribute("aria-label") || words(link))) problems.push(`link without a name: ${link.outerHTML.slice(0, 80)}`);
    if (!document.getElementById(link.getAttribute("href").slice(1))) problems.push(`link to nothing: ${link.getAttribute("href")}`);
  }
  for (const field of document.querySelectorAll("input, select")) {
    if (!(field.getAttribute("aria-label") || field.closest("label"))) problems.push(`field without a label: ${field.outerHTML}`);
  }
  for (const image of document.querySelectorAll("img")) {
    if (!image.hasAttribute("alt")) problems.push(`picture without words: ${image.outerHTML.slice(0, 40)}`);
    if (image.complete && !image.naturalWidth) problems.push(`broken picture: ${image.alt}`);
  }
  for (const drawing of document.querySelectorAll("svg[role]")) {
    if (!drawing.getAttribute("aria-label")) problems.push("plot without a name");
    if (drawing.getAttribute("role") === "img" && drawing.querySelector("a")) problems.push("links in a picture");
  }
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) problems.push(`heading skips a level: ${words(heading)}`);
    level = own;
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids.filter((one, place) => ids.indexOf(one) !== place)) problems.push(`id twice: ${id}`);
  for (const box of document.querySelectorAll(".wide")) {
    const cut = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (cut && box.tabIndex < 0) problems.push(`table that no key scrolls: ${words(box)}`);
    if (cut && !getComputedStyle(box).backgroundImage.includes("gradient")) problems.push("table cut without a cue");
  }
  if (!document.documentElement.lang || !document.querySelector("main")) problems.push("no language, or no main part");
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) problems.push("wider than the window");
  return problems;
}
