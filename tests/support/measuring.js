// What the eye would see of a page, measured in the page: each function returns a list of faults.
"use strict";

const name = (element) => {
  const classes = element.getAttribute("class");
  const text = (element.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 40);
  return `<${element.tagName.toLowerCase()}${classes ? ` class="${classes}"` : ""}> ${text}`;
};

const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });

/** The box of an element with its own texts, which may reach out of it. */
const boxOf = (element) => {
  const boxes = [element.getBoundingClientRect()];
  for (const child of element.childNodes) {
    if (child.nodeType !== Node.TEXT_NODE || !child.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(child);
    boxes.push(range.getBoundingClientRect());
  }
  const left = Math.min(...boxes.map((box) => box.left)), right = Math.max(...boxes.map((box) => box.right));
  return { left, right, width: boxes[0].width, height: boxes[0].height };
};

const clips = (element) => getComputedStyle(element).overflowX !== "visible";

/** The width below which an element cannot shrink. */
function least(element) {
  const before = element.getAttribute("style");
  element.style.inlineSize = "min-content";
  const width = element.getBoundingClientRect().width;
  // Reading writes the attribute, which would come back after its removal otherwise.
  if (element.getAttribute("style") !== before) element.removeAttribute("style");
  if (before !== null) element.setAttribute("style", before);
  return width;
}

const MARGINS = 32;

const regionOf = (element) => {
  let region = element.parentElement;
  while (region !== null && region !== document.body && !clips(region)) region = region.parentElement;
  return region === document.body ? null : region;
};

const deepest = (elements) => elements.filter((element) => !elements.some((other) =>
  other !== element && element.contains(other)));

/** The page must not scroll sideways, nor hide what is too wide. A region that scrolls by itself may hold anything.
 *  Named are the innermost elements that cannot shrink, as the others are wide because of them. */
function overflowing() {
  const width = document.documentElement.clientWidth;
  const elements = [...document.body.querySelectorAll("*")].filter((element) => shown(element)
    && (element.tagName === "svg" || element.closest("svg") === null));
  const wide = elements.filter((element) => {
    const box = clips(element) ? element.getBoundingClientRect() : boxOf(element);
    const seen = box.width > 1 && box.height > 1; // otherwise it is for screen readers alone
    return seen && regionOf(element) === null && (box.right > width + 0.5 || box.left < -0.5);
  });
  const stiff = deepest(wide.filter((element) => least(element) > width - MARGINS));
  const faults = (stiff.length > 0 ? stiff : deepest(wide)).slice(0, 5).map((element) =>
    `overflow: ${name(element)} reaches to ${Math.round(boxOf(element).right)} px`);
  for (const element of elements) {
    if (["hidden", "clip"].includes(getComputedStyle(element).overflowX) && element.tagName !== "svg"
        && element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1) {
      faults.push(`cut off: ${name(element)} has ${element.scrollWidth} px in ${element.clientWidth} px`);
    }
  }
  const root = document.documentElement;
  if (root.scrollWidth > width && faults.length === 0) {
    faults.push(`overflow: the page is ${root.scrollWidth} px wide`);
  }
  return faults;
}

/** Texts of a drawing stay inside of it, and do not cover each other. */
function drawn() {
  const faults = [];
  for (const drawing of document.querySelectorAll("svg")) {
    if (!shown(drawing)) continue;
    const frame = drawing.getBoundingClientRect();
    const labels = [...drawing.querySelectorAll("text")].filter((text) => shown(text) && text.textContent.trim())
      .map((text) => ({ text, box: text.getBoundingClientRect() }));
    for (const { text, box } of labels) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1
          || box.bottom > frame.bottom + 1) {
        faults.push(`drawing: ${name(text)} leaves its drawing`);
      }
    }
    labels.forEach(({ text, box }, place) => {
      for (const other of labels.slice(place + 1)) {
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        if (across > 2 && down > Math.min(box.height, other.box.height) / 3) {
          faults.push(`drawing: ${name(text)} covers ${name(other.text)}`);
        }
      }
    });
  }
  return faults;
}

/** A text that turns the direction of writing must not turn the words beside it. */
function turning() {
  const faults = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
    const isolated = text.data.replace(/\u2068[^\u2068\u2069]*\u2069/gu, "");
    if (!/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(isolated)) continue;
    let element = text.parentElement;
    if (!shown(element)) continue;
    while (element !== document.body && !/isolate|plaintext/.test(getComputedStyle(element).unicodeBidi)
           && element.tagName !== "text") {
      element = element.parentElement;
    }
    if (element.textContent.trim() !== text.data.trim()) faults.push(`direction: ${name(text.parentElement)}`);
  }
  return faults;
}

/** Scripts and styles of the page itself stand in files; handlers and pictures of others' names are none of it. */
function injected() {
  const handlers = [...document.querySelectorAll("*")]
    .filter((element) => [...element.attributes].some((attribute) => attribute.name.startsWith("on")));
  const found = [...document.querySelectorAll("script:not([src]), img[src='x'], [style], iframe, object, embed")];
  return [...handlers, ...found].map((element) => `markup: ${name(element)}`);
}

/** Nothing moves unless the reader asks for it. */
const moving = () => document.getAnimations().map((animation) => `movement: ${name(animation.effect.target)}`);

/** The element with the focus, with its place among those that can have it, and whether it looks different then. */
function focused() {
  const element = document.activeElement;
  if (element === null || element === document.body) return null;
  const place = [...document.querySelectorAll("*")].indexOf(element);
  const style = getComputedStyle(element);
  return [`${place} ${name(element)}`, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0];
}

window.focused = focused;
window.measured = () => [...overflowing(), ...drawn()];
window.written = () => [...turning(), ...injected(), ...moving()];
