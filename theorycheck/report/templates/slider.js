"use strict";
/* The slider of the page of a run: where the figures are looked at, and the values there. */
(() => {
  const root = document.querySelector(".timeline");
  if (!root) return;
  const data = JSON.parse(document.querySelector("#run-data").textContent);
  const input = root.querySelector("input");
  const SVG = "http://www.w3.org/2000/svg";

  const shown = (value) => {
    if (value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e6)) return String(Number(value.toPrecision(5))).replace("-", "−");
    const [mantissa, power] = value.toExponential(3).split("e");
    return `${mantissa.replace("-", "−")} × 10${Number(power).toString().replace(/[-\d]/g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)])}`;
  };
  const cell = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const row = (body, head, count) => {
    const line = root.querySelector(body).insertRow();
    line.append(head);
    return Array.from({ length: count }, () => line.insertCell());
  };

  const parts = data.components.map((component, i) => {
    const cells = row(".parts tbody", cell("th", String(i + 1), { scope: "row" }), 4);
    cells[0].textContent = shown(component.weight);
    return cells;
  });
  const sums = Object.keys(data.quantities).map((name) => row(".sums tbody", cell("th", name, { scope: "row", class: "text" }), 1)[0]);
  const cursors = [...document.querySelectorAll(".timed .plot")].map((plot) => {
    const cursor = document.createElementNS(SVG, "path");
    cursor.setAttribute("class", "cursor");
    plot.append(cursor);
    return cursor;
  });

  const update = () => {
    const k = Number(input.value);
    root.querySelector("output").textContent = data.times[k];
    input.setAttribute("aria-valuetext", `step ${data.times[k]}`);
    for (const cursor of cursors) cursor.setAttribute("d", `M${data.places[k]} 8V246`);
    data.components.forEach((component, i) => {
      parts[i][1].textContent = component.means ? component.means[k].map(shown).join(", ") : "–";
      parts[i][2].textContent = shown(component.distance[k]);
      parts[i][3].textContent = shown(component.p[k]);
    });
    Object.values(data.quantities).forEach((values, i) => { sums[i].textContent = shown(values[k]); });
  };
  input.max = data.times.length - 1;
  input.addEventListener("input", update);
  root.hidden = false;
  update();
})();
