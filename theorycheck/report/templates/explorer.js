"use strict";
/* The explorer: what is seen. Its numbers come from numerics.js. */
(() => {
  const root = document.querySelector(".explorer");
  if (!root) return;
  const { mixture, compute, advance, densities, responsibilitiesAt } = window.theorycheckExplorer;
  const one = (selector) => root.querySelector(selector);
  const field = (name) => one(`[name="${name}"]`);
  const announce = (text) => { document.querySelector("#announcement").textContent = text; };
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 560;
  const MOST = 6;
  const FARTHEST = 24;
  const QUANTITIES = [
    ["loss", "Loss L"],
    ["energy", "U, sum of squared norms"],
    ["weighted_distance", "W, weighted by π"],
    ["max_norm", "Largest norm of a mean"],
    ["fisher_divergence", "Fisher divergence F"],
  ];

  const draw = (tag, attributes = {}, ...children) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const raised = (power) => String(power).replace(/[-\d]/g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]);
  const shown = (value, digits = 4) => {
    if (!Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    if (size === 0 || (size >= 1e-3 && size < 1e5)) return String(Number(value.toPrecision(digits))).replace("-", "−");
    const [mantissa, power] = value.toExponential(digits - 1).split("e");
    return `${String(Number(mantissa)).replace("-", "−")} × 10${raised(Number(power))}`;
  };

  /* State: the start of the run, the iterates known so far, and which of them is shown. */
  const cases = JSON.parse(document.querySelector("#explorer-cases").textContent);
  let loaded = null;
  let state = null;
  let run = [];
  let time = 0;
  let span = 4;
  let ticket = 0;
  let playing = 0;

  const stepSize = () => Math.max(Number(field("step").value) || 0, 1e-6);
  const point = (means) => compute({ means, weights: state.weights, truth: state.truth });
  const upTo = (t) => {
    while (run.length <= t) run.push(point(advance(run[run.length - 1], stepSize())));
    return run[t];
  };
  const restart = (means, weights) => {
    state = { ...state, ...mixture({ means, weights }), relative: weights };
    run = [point(state.means)];
    time = 0;
  };
  const fit = () => {
    const everything = [...run[time].means, ...(state.truth?.means ?? [])].flat().map(Math.abs);
    span = Math.max(4, Math.ceil(Math.max(...everything) + 1.5));
  };

  /* --- the stage ------------------------------------------------------------------------- */

  const canvas = one(".canvas");
  let stage = null;

  const ticks = () => {
    const gap = span <= 6 ? 1 : span <= 12 ? 2 : span <= 30 ? 5 : 10 ** Math.ceil(Math.log10(span / 4));
    const found = [];
    for (let x = -Math.floor(span / gap) * gap; x <= span; x += gap) found.push(x);
    return found;
  };

  const handle = (i) => {
    const group = draw("g", { class: "handle", role: "slider", tabindex: 0, "aria-describedby": "explorer-help" },
      draw("circle", { class: "target", r: 15 }), draw("circle", { class: `mark s${i}`, r: 9 }),
      draw("text", { y: 4, "aria-hidden": true }, String(i + 1)));
    const move = (event) => {
      const box = stage.svg.getScreenCTM().inverse();
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(box);
      const limit = (value) => Math.min(Math.max(value, -span), span);
      const mean = [limit(stage.fromX(at.x))];
      if (state.means[0].length > 1) mean.push(limit(stage.fromY(at.y)));
      place(i, mean.map((value) => Number(value.toFixed(3))));
    };
    group.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      group.focus();
      group.setPointerCapture(event.pointerId);
    });
    group.addEventListener("pointermove", (event) => {
      if (group.hasPointerCapture(event.pointerId)) move(event);
    });
    group.addEventListener("keydown", (event) => {
      const plane = state.means[0].length > 1;
      const size = event.shiftKey ? 0.01 : 0.1;
      const moves = {
        ArrowLeft: [-size, 0], ArrowRight: [size, 0], PageDown: [-1, 0], PageUp: [1, 0],
        ArrowUp: plane ? [0, size] : [size, 0], ArrowDown: plane ? [0, -size] : [-size, 0],
      };
      const by = moves[event.key];
      if (!by) return;
      event.preventDefault();
      place(i, run[time].means[i].map((value, k) => Number((value + by[k]).toFixed(10))));
    });
    return group;
  };

  /* One dimension: densities above, responsibilities below. */
  const line = () => {
    const [top, axis, low, bottom] = [14, 190, 250, 330];
    const toX = (x) => ((x + span) / (2 * span)) * WIDTH;
    const grid = draw("g", { "aria-hidden": true });
    const curves = draw("g", { "aria-hidden": true });
    const handles = state.means.map((_, i) => handle(i));
    const svg = draw("svg", { class: "plot", viewBox: `0 0 ${WIDTH} 350`, role: "group", "aria-label": "Densities, responsibilities and the means, which can be moved" }, grid, curves, ...handles);
    const path = (values, toY) => values.map(([x, y], k) => `${k ? "L" : "M"}${toX(x).toFixed(1)} ${toY(y).toFixed(1)}`).join("");
    const update = () => {
      const here = run[time];
      const xs = Array.from({ length: 241 }, (_, k) => span * (k / 120 - 1));
      const parts = xs.map((x) => densities(here, [x]));
      const student = parts.map((values) => values.reduce((a, b) => a + b, 0));
      const truth = xs.map((x) => densities(state.truth ?? { means: [[0]], weights: [1] }, [x]).reduce((a, b) => a + b, 0));
      const psi = xs.map((x) => responsibilitiesAt(here, [x]));
      const most = Math.max(...student, ...truth) * 1.05;
      const up = (y) => axis - (y / most) * (axis - top);
      const share = (y) => bottom - y * (bottom - low);
      grid.replaceChildren(
        ...ticks().map((x) => draw("path", { class: "grid", d: `M${toX(x)} ${top}V${axis}M${toX(x)} ${low}V${bottom}` })),
        draw("path", { class: "axis", d: `M0 ${axis}H${WIDTH}M0 ${bottom}H${WIDTH}` }),
        ...ticks().slice(1, -1).map((x) => draw("text", { x: toX(x), y: bottom + 16 }, shown(x))),
        draw("text", { class: "start", x: 2, y: top }, "density"),
        draw("text", { class: "start", x: 2, y: low - 6 }, "responsibilities ψ, from 0 to 1"));
      curves.replaceChildren(
        ...here.means.map((_, i) => draw("path", { class: `line thin s${i}`, d: path(xs.map((x, k) => [x, parts[k][i]]), up) })),
        ...here.means.map((_, i) => draw("path", { class: `line s${i}`, d: path(xs.map((x, k) => [x, psi[k][i]]), share) })),
        draw("path", { class: "line dashed truth", d: path(xs.map((x, k) => [x, truth[k]]), up) }),
        draw("path", { class: "line student", d: path(xs.map((x, k) => [x, student[k]]), up) }));
      const rows = [];
      const order = here.means.map((mean, i) => [toX(mean[0]), i]).sort((a, b) => a[0] - b[0]);
      for (const [x, i] of order) {
        let row = rows.findIndex((last) => x - last > 19);
        if (row < 0) row = rows.length;
        rows[row] = x;
        const y = axis + 10 - 19 * row;
        handles[i].setAttribute("transform", `translate(${Math.min(Math.max(x, -9), WIDTH + 9).toFixed(2)} ${y})`);
      }
    };
    return { svg, handles, update, fromX: (x) => (x / WIDTH) * 2 * span - span };
  };

  /* Two dimensions: who answers for which place, and a unit circle round each mean. */
  const plane = () => {
    const cells = 36;
    const side = WIDTH / cells;
    const scale = () => WIDTH / (2 * span);
    const toX = (x) => (x + span) * scale();
    const toY = (y) => (span - y) * scale();
    const squares = Array.from({ length: cells * cells }, (_, k) => draw("rect", { x: ((k % cells) * side).toFixed(2), y: (Math.floor(k / cells) * side).toFixed(2), width: side.toFixed(2), height: side.toFixed(2) }));
    const map = draw("g", { class: "map", "aria-hidden": true }, ...squares);
    const circles = draw("g", { "aria-hidden": true });
    const handles = state.means.map((_, i) => handle(i));
    const svg = draw("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${WIDTH + 18}`, role: "group", "aria-label": "Map of the responsibilities and the means, which can be moved" }, map, circles, ...handles);
    const update = () => {
      const here = run[time];
      squares.forEach((square, k) => {
        const x = (((k % cells) + 0.5) / cells) * 2 * span - span;
        const y = span - ((Math.floor(k / cells) + 0.5) / cells) * 2 * span;
        const psi = responsibilitiesAt(here, [x, y]);
        const winner = psi.indexOf(Math.max(...psi));
        const certain = psi.length > 1 ? (psi[winner] - 1 / psi.length) / (1 - 1 / psi.length) : 1;
        square.setAttribute("class", `mark s${winner}`);
        square.setAttribute("fill-opacity", (0.03 + 0.22 * certain).toFixed(3));
      });
      const truth = state.truth?.means ?? [[0, 0]];
      circles.replaceChildren(
        draw("path", { class: "axis faint", d: `M0 ${toY(0)}H${WIDTH}M${toX(0)} 0V${WIDTH}` }),
        draw("path", { class: "axis", d: `M0 ${WIDTH}H${WIDTH}` }),
        ...ticks().slice(1, -1).map((x) => draw("text", { x: toX(x), y: WIDTH + 15 }, shown(x))),
        ...truth.flatMap(([x, y]) => [1, 2].map((r) => draw("circle", { class: "line dashed truth", cx: toX(x), cy: toY(y), r: r * scale() }))),
        ...here.means.map(([x, y], i) => draw("circle", { class: `line s${i}`, cx: toX(x), cy: toY(y), r: scale(), "stroke-width": (1 + 4 * here.weights[i]).toFixed(2) })),
        ...here.means.map((_, i) => draw("path", { class: `line trail s${i}`, d: run.slice(0, time + 1).map(({ means }, k) => `${k ? "L" : "M"}${toX(means[i][0]).toFixed(1)} ${toY(means[i][1]).toFixed(1)}`).join("") })));
      here.means.forEach(([x, y], i) => handles[i].setAttribute("transform", `translate(${toX(x).toFixed(2)} ${toY(y).toFixed(2)})`));
    };
    return { svg, handles, update, fromX: (x) => x / scale() - span, fromY: (y) => span - y / scale() };
  };

  /* --- the numbers ----------------------------------------------------------------------- */

  const entry = (label, value, change) => {
    const input = make("input", { type: "number", step: "any", "aria-label": label });
    input.value = value;
    input.addEventListener("change", () => { if (Number.isFinite(input.valueAsNumber)) change(input.valueAsNumber); });
    return input;
  };
  let rows = [];

  const components = () => {
    const names = state.means[0].length > 1 ? ["x", "y"] : ["mean"];
    const head = ["", "weight", ...names, "p"].map((name) => make("th", { scope: "col" }, name || make("span", { class: "unseen" }, "Component")));
    one(".components thead").replaceChildren(make("tr", {}, ...head));
    rows = state.means.map((mean, i) => {
      const swatch = draw("svg", { viewBox: "0 0 12 12", "aria-hidden": true, class: "swatch" }, draw("circle", { class: `mark s${i}`, cx: 6, cy: 6, r: 5 }));
      const weight = entry(`Weight of component ${i + 1}`, state.relative[i], (value) => {
        if (value <= 0) { weight.value = state.relative[i]; return; }
        const relative = [...state.relative];
        relative[i] = value;
        restart(run[time].means, relative);
        refresh();
      });
      weight.min = "0";
      const coordinates = mean.map((_, k) => entry(`Mean ${i + 1}, ${names[k]}`, 0, (value) => {
        place(i, run[time].means[i].map((old, j) => (j === k ? value : old)));
        fit();
        refresh();
      }));
      const p = make("td");
      const row = make("tr", {}, make("th", { scope: "row" }, swatch, String(i + 1)), ...[weight, ...coordinates].map((input) => make("td", {}, input)), p);
      return { row, coordinates, p };
    });
    one(".components tbody").replaceChildren(...rows.map(({ row }) => row));
  };

  const readout = QUANTITIES.map(([name, label]) => {
    const cells = [make("td", { "data-quantity": name }), make("td"), make("td", { class: "text" })];
    one(".readout tbody").append(make("tr", {}, make("th", { scope: "row", class: "text" }, label), ...cells));
    return cells;
  });

  const numbers = () => {
    const here = run[time];
    const next = upTo(time + 1);
    rows.forEach(({ coordinates, p }, i) => {
      coordinates.forEach((input, k) => { if (input !== document.activeElement) input.value = Number(here.means[i][k].toPrecision(5)); });
      p.textContent = shown(here.responsibilities[i], 3);
      const text = here.means[i].map((value) => shown(value, 3)).join(", ");
      const slider = { "aria-label": `Mean ${i + 1}`, "aria-valuemin": -span, "aria-valuemax": span, "aria-valuenow": here.means[i][0], "aria-valuetext": here.means[i].length > 1 ? `(${text})` : text };
      for (const [name, value] of Object.entries(slider)) stage.handles[i].setAttribute(name, value);
    });
    QUANTITIES.forEach(([name], k) => {
      const [now, then, word] = readout[k];
      const change = next[name] - here[name];
      const tiny = Math.abs(change) <= 1e-12 * Math.max(Math.abs(here[name]), 1e-3);
      now.textContent = shown(here[name], 6);
      then.textContent = shown(next[name], 6);
      word.textContent = !Number.isFinite(change) ? "" : tiny ? "stays" : change > 0 ? "rises ↑" : "falls ↓";
      word.className = change > 0 && !tiny ? "text rises" : "text";
    });
    field("time").textContent = time;
  };

  /* --- the run --------------------------------------------------------------------------- */

  const charts = QUANTITIES.slice(0, 4).map(([name, label]) => {
    const path = draw("path", { class: "line s0" });
    const dot = draw("circle", { class: "mark s1", r: 4 });
    const [high, low, left, right] = [["y", 66, 12], ["y", 66, 104], ["start", 72, 124], ["end", 268, 124]].map(([kind, x, y]) => draw("text", { class: kind, x, y }));
    const svg = draw("svg", { class: "plot", viewBox: "0 0 270 128", role: "img", "aria-label": label }, draw("path", { class: "axis", d: "M72 4V108H268" }), path, dot, high, low, left, right);
    one(".runs").append(make("figure", {}, make("figcaption", {}, make("span", { class: "title" }, label)), svg));
    const update = () => {
      const seen = run.map((at) => (at[name] > 1e-300 ? Math.log10(at[name]) : NaN));
      const finite = seen.filter(Number.isFinite);
      let [least, most] = [Math.min(...finite), Math.max(...finite)];
      if (!(most - least > 1e-9)) [least, most] = [least - 0.5, most + 0.5];
      const toX = (t) => 72 + (196 * t) / Math.max(seen.length - 1, 1);
      const toY = (y) => 106 - (98 * (y - least)) / (most - least);
      let pen = "M";
      path.setAttribute("d", seen.map((y, t) => {
        if (!Number.isFinite(y)) { pen = "M"; return ""; }
        const piece = `${pen}${toX(t).toFixed(1)} ${toY(y).toFixed(1)}`;
        pen = "L";
        return piece;
      }).join(""));
      dot.setAttribute("cx", toX(time));
      dot.setAttribute("cy", Number.isFinite(seen[time]) ? toY(seen[time]) : -9);
      const back = (y) => shown(10 ** y, 3);
      high.textContent = finite.length ? back(most) : "";
      low.textContent = finite.length ? back(least) : "";
      left.textContent = "0";
      right.textContent = `${seen.length - 1} steps`;
      svg.setAttribute("aria-label", `${label}: ${shown(run[0][name], 3)} at the start, ${shown(run[run.length - 1][name], 3)} after ${run.length - 1} steps`);
    };
    return update;
  });

  /* --- the state, to take along ---------------------------------------------------------- */

  const note = (name) => one(`[data-state="${name}"]`);
  const stated = () => ({
    means: run[time].means,
    weights: state.relative,
    ...(state.truth ? { truth: { means: state.truth.means, weights: state.truth.weights } } : {}),
    step_size: stepSize(),
  });
  const tell = () => {
    const text = JSON.stringify(stated());
    const claim = /^[a-z][\w-]*(?=$|: )/.exec(["Claims", "Controls"].includes(loaded.group) ? loaded.label : "")?.[0];
    note("case").textContent = text;
    note("trap").textContent = `echo '${text}' | theorycheck ${state.truth || stepSize() > 1 ? "trajectory" : "trap"} --case -`;
    note("check").textContent = `echo '${text}' | theorycheck check ${claim ?? "likelihood-decrease"} --case -`;
    note("link").setAttribute("href", `#case=${encodeURIComponent(text)}`);
  };

  /* A case in the address, if it is one that can be shown. */
  const linked = () => {
    try {
      const found = JSON.parse(decodeURIComponent(location.hash.slice(6)));
      const isNear = (value) => typeof value === "number" && Math.abs(value) <= FARTHEST;
      const isMixture = ({ means, weights }, most) =>
        means.length >= 1 && means.length <= most && means.every((mean) => mean.length === found.means[0].length && mean.every(isNear)) &&
        weights.length === means.length && weights.every((weight) => typeof weight === "number" && weight > 0 && weight < 1e300);
      const size = found.step_size;
      const fits = [1, 2].includes(found.means[0].length) && isMixture(found, MOST) && (!found.truth || isMixture(found.truth, 50)) && typeof size === "number" && size > 0 && size < 1e9;
      if (fits) return { group: "Link", label: "From the address", case: found };
    } catch { /* none */ }
    return null;
  };

  /* The rest of the run is computed in slices, so that dragging stays smooth. */
  const ahead = (mine) => {
    const until = performance.now() + 25;
    const wanted = Math.max(Math.min(Number(field("steps").value) || 1, 5000), time + 1);
    while (run.length <= wanted && performance.now() < until) upTo(run.length);
    for (const update of charts) update();
    root.dataset.ready = String(run.length > wanted);
    if (run.length <= wanted) requestAnimationFrame(() => { if (mine === ticket) ahead(mine); });
  };

  let waiting = 0;
  const refresh = () => {
    root.dataset.ready = "false";
    if (waiting) return;
    waiting = requestAnimationFrame(() => {
      waiting = 0;
      ticket += 1;
      stage.update();
      numbers();
      tell();
      ahead(ticket);
    });
  };
  const rebuild = () => {
    stage = state.means[0].length > 1 ? plane() : line();
    canvas.replaceChildren(stage.svg);
    components();
    field("add").disabled = state.means.length >= MOST;
    field("remove").disabled = state.means.length <= 1;
    refresh();
  };

  const place = (i, mean) => {
    restart(run[time].means.map((old, j) => (j === i ? mean : old)), state.relative);
    refresh();
  };

  const load = (item) => {
    stop();
    loaded = item;
    const { means } = mixture(item.case);
    state = { truth: item.case.truth ? mixture(item.case.truth) : null };
    field("step").value = item.case.step_size ?? 1;
    restart(means, item.case.weights ?? means.map(() => 1));
    fit();
    rebuild();
    announce(`Loaded: ${item.label}`);
  };

  const stop = () => {
    clearInterval(playing);
    playing = 0;
    field("play").textContent = "Play";
    field("play").setAttribute("aria-pressed", "false");
  };
  const forward = () => {
    upTo(time + 1);
    time += 1;
    refresh();
  };

  field("play").addEventListener("click", () => {
    if (playing) { stop(); return; }
    playing = setInterval(forward, 80);
    field("play").textContent = "Pause";
    field("play").setAttribute("aria-pressed", "true");
  });
  field("one").addEventListener("click", () => { stop(); forward(); });
  field("reset").addEventListener("click", () => load(loaded));
  field("add").addEventListener("click", () => {
    const far = run[time].means.map((mean) => mean[0]);
    const fresh = state.means[0].map((_, k) => (k ? 0 : Math.max(...far) + 1));
    restart([...run[time].means, fresh], [...state.relative, Math.max(...state.relative)]);
    fit();
    rebuild();
  });
  field("remove").addEventListener("click", () => {
    restart(run[time].means.slice(0, -1), state.relative.slice(0, -1));
    rebuild();
  });
  for (const name of ["step", "steps"]) {
    field(name).addEventListener("change", () => { run = run.slice(0, time + 1); refresh(); });
  }

  const groups = new Map();
  cases.forEach((item, index) => {
    const option = make("option", { value: index }, item.label);
    if (!groups.has(item.group)) {
      groups.set(item.group, make("optgroup", { label: item.group }));
      field("case").append(groups.get(item.group));
    }
    groups.get(item.group).append(option);
  });
  field("case").addEventListener("change", () => load(cases[Number(field("case").value)]));
  const follow = () => {
    if (!location.hash.startsWith("#case=")) return;
    const item = linked();
    if (item) {
      load(item);
      root.scrollIntoView();
    } else {
      announce("The address has no case that can be shown here");
    }
  };
  addEventListener("hashchange", follow);
  root.hidden = false;
  load(cases[0]);
  follow();
})();
