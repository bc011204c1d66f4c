"use strict";
/* What the explorer computes: the population quantities of theory.md in one or two dimensions, by
   the trapezoidal rule and a stable softmax. Tested against the library to 1e-9 in a browser. */
window.theorycheckExplorer = (() => {
  const STRIP = 0.55; /* h = STRIP / extent: the error is about exp(-2 pi^2 / STRIP) = 3e-16 */
  const TAIL = 8.7;
  const NEAR = 2; /* means up to here have their whole mass on the grid, so that E u = 0 there */
  const FAR = 8;
  const MOST = 3e6;

  const number = (value) => {
    if (typeof value !== "string") return Number(value);
    const [top, bottom] = value.split("/");
    return bottom === undefined ? Number(top) : Number(top) / Number(bottom);
  };
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const dot = (a, b) => sum(a.map((value, k) => value * b[k]));

  const mixture = ({ means, weights }) => {
    const rows = means.map((row) => (Array.isArray(row) ? row : [row]).map(number));
    const relative = (weights ?? rows.map(() => 1)).map(number);
    const total = sum(relative);
    return { means: rows, weights: relative.map((weight) => weight / total) };
  };

  /* Orthonormal axes, the first along the longest difference of two means. */
  const frame = (means) => {
    if (means[0].length === 1) return [[1]];
    let longest = [1, 0];
    let square = 0;
    means.forEach((a, i) => {
      for (const b of means.slice(0, i)) {
        const difference = [a[0] - b[0], a[1] - b[1]];
        if (dot(difference, difference) > square) {
          longest = difference;
          square = dot(difference, difference);
        }
      }
    });
    const length = Math.hypot(...longest);
    const [x, y] = longest.map((value) => value / length);
    return [[x, y], [-y, x]];
  };

  /* Nodes and weights under N(0, 1) for one coordinate of the means. In a strip of half-width
     pi / extent no sum of the exponentials vanishes, hence the step. */
  const axis = (coordinates, near) => {
    const extent = Math.max(...coordinates) - Math.min(...coordinates);
    const reach = TAIL + (near ? Math.max(...coordinates.map(Math.abs)) : 0.6);
    const h = Math.min(0.5, STRIP / extent);
    const count = Math.ceil(reach / h);
    if (!(count <= MOST)) return [];
    const nodes = Array.from({ length: 2 * count + 1 }, (_, k) => (k - count) * h);
    return nodes.map((x) => [x, (h * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI)]);
  };

  /* u - log(1 + u), to full relative accuracy near 0. */
  const divergence = (u) => {
    if (Math.abs(u) > 0.02) return u - Math.log1p(u);
    let value = 0;
    for (let k = 10; k >= 2; k -= 1) value = 1 / k - u * value;
    return u * u * value;
  };

  /* Loss, responsibilities, gradient and Fisher divergence under the truth N(0, I). */
  const centred = (means, weights) => {
    const axes = frame(means);
    const c = means.map((mean) => axes.map((direction) => dot(mean, direction)));
    const n = c.length;
    const d = axes.length;
    const halves = c.map((row) => dot(row, row) / 2);
    const logs = weights.map(Math.log);
    const largest = Math.sqrt(2 * Math.max(...halves));
    const near = largest <= NEAR || (largest <= FAR && dot(weights, halves) < 0.02);
    const grids = axes.map((_, k) => axis(c.map((row) => row[k]), near));
    const count = grids.reduce((product, grid) => product * grid.length, 1);
    if (!(count > 0 && count <= MOST)) {
      const unknown = means.map(() => NaN);
      const gradient = means.map((mean) => mean.map(() => NaN));
      return { loss: NaN, fisher: NaN, gradient, responsibilities: unknown };
    }
    const skipped = near ? Infinity : (TAIL + 0.6) ** 2;
    const responsibilities = new Float64Array(n);
    const inner = c.map(() => new Float64Array(d));
    const exponents = new Float64Array(n);
    const psi = new Float64Array(n);
    const v = new Float64Array(d);
    let loss = 0;
    let fisher = 0;
    for (const [x, wx] of grids[0]) {
      for (const [y, wy] of grids[1] ?? [[0, 1]]) {
        if (x * x + y * y > skipped) continue;
        const weight = wx * wy;
        let most = -Infinity;
        for (let i = 0; i < n; i += 1) {
          exponents[i] = c[i][0] * x + (d > 1 ? c[i][1] * y : 0) - halves[i];
          most = Math.max(most, exponents[i] + logs[i]);
        }
        let total = 0;
        for (let i = 0; i < n; i += 1) {
          psi[i] = Math.exp(exponents[i] + logs[i] - most);
          total += psi[i];
        }
        v.fill(0);
        for (let i = 0; i < n; i += 1) {
          psi[i] /= total;
          for (let k = 0; k < d; k += 1) v[k] += psi[i] * c[i][k];
        }
        for (let i = 0; i < n; i += 1) {
          responsibilities[i] += weight * psi[i];
          for (let k = 0; k < d; k += 1) inner[i][k] += weight * psi[i] * v[k];
        }
        for (let k = 0; k < d; k += 1) fisher += weight * v[k] * v[k];
        const log = most + Math.log(total);
        if (!near) loss -= weight * log;
        else if (Math.abs(log) > 0.5) loss += weight * (Math.expm1(log) - log);
        else {
          let u = 0;
          for (let i = 0; i < n; i += 1) u += weights[i] * Math.expm1(exponents[i]);
          loss += weight * divergence(u);
        }
      }
    }
    const gradient = inner.map((row) =>
      axes[0].map((_, k) => sum(axes.map((direction, j) => row[j] * direction[k]))));
    return { loss, fisher, gradient, responsibilities: [...responsibilities] };
  };

  const shifted = (means, offset) => means.map((mean) => mean.map((value, k) => value - offset[k]));

  /* The same under a mixture truth: averages over its components. */
  const against = (means, weights, truth) => {
    const parts = truth.means.map((mean) => centred(shifted(means, mean), weights));
    const average = (pick) => sum(parts.map((part, j) => truth.weights[j] * pick(part)));
    return {
      loss: average((part) => part.loss),
      fisher: average((part) => part.fisher),
      responsibilities: means.map((_, i) => average((part) => part.responsibilities[i])),
      gradient: means.map((mean, i) => mean.map((_, k) => average((part) => part.gradient[i][k]))),
    };
  };

  /* Everything at one case, given as in a case file. */
  const compute = (data) => {
    const { means, weights } = mixture(data);
    const truth = data.truth ? mixture(data.truth) : null;
    const found = truth ? against(means, weights, truth) : centred(means, weights);
    if (truth) {
      const itself = against(truth.means, truth.weights, truth);
      found.loss -= itself.loss;
      found.fisher -= itself.fisher;
    }
    const squares = means.map((mean) => dot(mean, mean));
    return {
      means,
      weights,
      loss: found.loss,
      responsibilities: found.responsibilities,
      gradient: found.gradient,
      fisher_divergence: found.fisher,
      energy: sum(squares),
      weighted_distance: dot(weights, squares),
      max_norm: Math.sqrt(Math.max(...squares)),
    };
  };

  /* The means after one step of gradient EM from a computed point. */
  const advance = (point, stepSize) =>
    point.means.map((mean, i) => mean.map((value, k) => value - stepSize * point.gradient[i][k]));

  /* Densities of the components at x, weighted. */
  const densities = ({ means, weights }, x) => means.map((mean, i) => {
    const square = sum(mean.map((value, k) => (x[k] - value) ** 2));
    return (weights[i] * Math.exp(-square / 2)) / (2 * Math.PI) ** (x.length / 2);
  });

  /* Responsibilities psi_i(x), also where every density underflows. */
  const responsibilitiesAt = ({ means, weights }, x) => {
    const logits = means.map((mean, i) =>
      Math.log(weights[i]) - sum(mean.map((value, k) => (x[k] - value) ** 2)) / 2);
    const most = Math.max(...logits);
    const parts = logits.map((value) => Math.exp(value - most));
    const total = sum(parts);
    return parts.map((value) => value / total);
  };

  return Object.freeze({ number, mixture, compute, advance, densities, responsibilitiesAt });
})();
