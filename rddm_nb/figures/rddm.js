// The figures of rddm_nb: one module for the docs site, JupyterLab and Colab. First the mathematics, then drawing, then a figure each.

// ---- schedules: {abar, bbar} at nodes 0..T ----
export const P = (side, a, T, grid = 'count') => {
  const x = Array.from({length: T}, (_, i) => grid === 'linspace' && T > 1 ? i/(T - 1) : (i + 1)/T);
  const w = (side === 'x' ? x : x.reverse()).map(v => v**a), s = w.reduce((p, q) => p + q, 0);
  return w.map(v => v/s);
};
const cumsum = v => { let c = 0; return [0, ...v.map(x => c += x)]; };
export const fromIncrements = (alpha, beta2) => {
  const abar = cumsum(alpha); if (Math.abs(abar[abar.length - 1] - 1) < 1e-6) abar[abar.length - 1] = 1;
  return {abar, bbar: cumsum(beta2).map(Math.sqrt)};
};
export const power = (T = 1000, alpha = ['1-x', 1], beta2 = ['x', 1], bbarT = 1, grid = 'count') =>
  fromIncrements(P(alpha[0], alpha[1], T, grid), P(beta2[0], beta2[1], T, grid).map(v => bbarT**2*v));
export const fromFns = (fa, fb, T = 1000) => {
  const x = Array.from({length: T + 1}, (_, i) => i/T);
  return {abar: x.map(fa), bbar: x.map(fb)};
};
export const line = (T = 1000, bbarT = 1) => fromFns(x => x, x => bbarT*x, T);
export const circle = (T = 1000) => { const s = fromFns(x => 1 - Math.cos(x*Math.PI/2), x => Math.sin(x*Math.PI/2), T); s.abar[T] = 1; return s; };
export const bridge = (T = 1000, height = .5) => fromFns(x => x, x => 2*height*Math.sqrt(x*(1 - x)), T);
export const fromDdim = A => ({abar: [0, ...A.map(v => 1 - Math.sqrt(v))], bbar: [0, ...A.map(v => Math.sqrt(1 - v))]});
export const ddimLinear = (T = 1000, b1 = 1e-4, bT = .02) => {
  let c = 1; return fromDdim(Array.from({length: T}, (_, i) => c *= 1 - (b1 + (bT - b1)*(T > 1 ? i/(T - 1) : 0))));
};
export const cosine = (T = 1000) => fromDdim(Array.from({length: T}, (_, i) => Math.cos((i + 1)/T*Math.PI/2)**2));
export const FAMILIES = {
  power: s => power(s.T, [s.side_res, s.a_res], [s.side_eps, s.a_eps], s.bbar_T), line: s => line(s.T, s.bbar_T), circle: s => circle(s.T),
  bridge: s => bridge(s.T, s.height), 'ddim linear': s => ddimLinear(s.T), cosine: s => cosine(s.T)};
export const at = (s, u) => {
  const T = s.abar.length - 1, i = Math.min(Math.floor(u*T), T - 1), f = u*T - i, mid = v => v[i] + f*(v[i + 1] - v[i]);
  return [mid(s.abar), mid(s.bbar)];
};
export const grid = (T, steps) => Array.from({length: steps + 1}, (_, i) => Math.floor(T*(steps - i)/steps));
export const rho = s => s.abar.map((a, i) => s.bbar[i]/(1 - a));

// ---- forward, exact predictor, reverse step, roads ----
export const qSample = (x0, xin, eps, a, b) => Float64Array.from(x0, (v, i) => v + a*((xin ? xin[i] : 0) - v) + b*eps[i]);
export const xIn = (xin, n) => xin || new Float64Array(n);
const dot = (a, b, at = 0) => {
  let p = 0, q = 0, r = 0, s = 0, i = 0; const n = a.length;
  for (; i + 3 < n; i += 4) { p += a[i]*b[at + i]; q += a[i + 1]*b[at + i + 1]; r += a[i + 2]*b[at + i + 2]; s += a[i + 3]*b[at + i + 3]; }
  for (; i < n; i++) p += a[i]*b[at + i];
  return p + q + r + s;
};
const mix = (out, mu, dim, w) => { // the mean of all pictures with these weights, four at a time
  const k = []; w.forEach((v, n) => { if (v > 1e-14) k.push(n); });
  for (let j = 0; j < k.length; j += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map(i => j + i < k.length ? k[j + i]*dim : k[j]*dim), [p, q, r, t] = [0, 1, 2, 3].map(i => j + i < k.length ? w[k[j + i]] : 0);
    for (let i = 0; i < dim; i++) out[i] += p*mu[a + i] + q*mu[b + i] + r*mu[c + i] + t*mu[d + i];
  }
};
export const softmax = z => { const m = Math.max(...z), e = z.map(v => Math.exp(v - m)), s = e.reduce((p, q) => p + q, 0); return e.map(v => v/s); };
export class Exact { // the best predictor for known pictures, laid end to end in `means`
  constructor(means, n, {std = 0, tau = null, weights = null} = {}) {
    Object.assign(this, {mu: Float64Array.from(means), n, dim: means.length/n, std, tau});
    const w = weights || Array(n).fill(1), s = w.reduce((p, q) => p + q, 0);
    this.prior = w.map(v => Math.log(v/s)); this.sq = Array.from({length: n}, (_, k) => { const m = this.mu.subarray(k*this.dim, (k + 1)*this.dim); return dot(m, m); });
    this.trust = tau === null ? 0 : std**2/(std**2 + tau**2); this.known = null;
  }
  distances(u, g) { const uu = dot(u, u); return this.sq.map((m, k) => uu - 2*g*dot(u, this.mu, k*this.dim) + g*g*m); }
  input(xin) { // what the input alone says, kept for as long as the input stays the same
    if (this.tau === null) return null;
    if (this.known?.[0] !== xin) this.known = [xin, this.distances(xin, 1).map(d => -d/(2*(this.std**2 + this.tau**2)))];
    return this.known[1];
  }
  posterior(x, xin, a, b) {
    const y = xIn(xin, x.length), k = this.trust, g = (1 - a)*(1 - k), u = Float64Array.from(x), share = a + (1 - a)*k; for (let i = 0; i < u.length; i++) u[i] -= share*y[i];
    const d2 = this.distances(u, g);
    const v = (1 - a)**2*this.std**2*(1 - k) + b*b, least = d2.reduce((p, q, i) => this.prior[i] > -Infinity ? Math.min(p, q) : p, Infinity), from = this.input(y);
    return softmax(d2.map((d, i) => this.prior[i] + (v > 0 ? -d/(2*v) : g === 0 || d <= least ? 0 : -Infinity) + (from ? from[i] : 0)));
  }
  predict(x, xin, a, b) { // {x0, res, eps, weights}; eps is null where there is no noise
    const y = xIn(xin, x.length), w = this.posterior(x, xin, a, b), x0 = new Float64Array(x.length), k = this.trust;
    mix(x0, this.mu, this.dim, w);
    const v = this.std**2*(1 - k), variance = Math.max((1 - a)**2*v + b*b, 1e-300);
    for (let i = 0; i < x0.length; i++) { const m = (1 - k)*x0[i] + k*y[i]; x0[i] = m + (1 - a)*v/variance*(x[i] - a*y[i] - (1 - a)*m); }
    const res = new Float64Array(x.length), eps = b === 0 ? null : new Float64Array(x.length);
    for (let i = 0; i < x0.length; i++) { res[i] = y[i] - x0[i]; if (eps) eps[i] = (x[i] - a*y[i] - (1 - a)*x0[i])/b; }
    return {x0, res, eps, weights: w};
  }
}
export const POSTERIORS = {
  sum_constrained: ([, bt], [, bs]) => bs*bs*(bt*bt - bs*bs)/(bt*bt),
  preserving: ([a, bt], [c, bs]) => { const m = (1 - a)/(1 - c); return bs*bs*(1 - m*m*bs*bs/(bt*bt)); },
  bridge: ([a, bt], [c, bs]) => bs*bs - (c/a)**2*bt*bt};
export const posteriorVariance = (family, from, to, eta = 1) => { // NaN where the family does not exist
  if (eta === 0 || to[1] === 0) return 0;
  const v = POSTERIORS[family](from, to);
  return !Number.isFinite(v) || v < -1e-12*to[1]**2 ? NaN : eta*Math.max(v, 0);
};
export const reverseStep = (x, est, [at, bt], [as, bs], sigma2 = 0, noise = null) => {
  if (as === 0 && bs === 0) return est.x0.slice();
  const k = Math.sqrt(Math.max(bs*bs - sigma2, 0)), s = Math.sqrt(sigma2);
  const out = Float64Array.from(x), {res, eps} = est;
  for (let i = 0; i < out.length; i++) out[i] += (as - at)*res[i];
  if (eps) for (let i = 0; i < out.length; i++) out[i] += (k - bt)*eps[i];
  if (noise) for (let i = 0; i < out.length; i++) out[i] += s*noise[i];
  return out;
};
export const road = (points, steps = 50) => { // straight lines through the points and on to (0, 0), in equal steps
  const last = points[points.length - 1], p = last[0] === 0 && last[1] === 0 ? points : [...points, [0, 0]], len = cumsum(p.slice(1).map((q, i) => Math.hypot(q[0] - p[i][0], q[1] - p[i][1])));
  const total = len[len.length - 1]; let i = 0;
  return Array.from({length: steps + 1}, (_, k) => {
    if (k === steps) return [0, 0];
    const d = total*k/steps; while (i < p.length - 2 && len[i + 1] < d) i++;
    const f = len[i + 1] > len[i] ? (d - len[i])/(len[i + 1] - len[i]) : 0;
    return [p[i][0] + f*(p[i + 1][0] - p[i][0]), p[i][1] + f*(p[i + 1][1] - p[i][1])];
  });
};
export const plan = (s, steps, order = 'together') => { // the stops of a run
  const T = s.abar.length - 1, p = t => [s.abar[t], s.bbar[t]];
  if (order === 'together') return grid(T, steps).map(p);
  const one = grid(T, steps - Math.floor(steps/2)).slice(1), two = grid(T, Math.floor(steps/2)).slice(1, -1), [a, b] = p(T);
  return [[a, b], ...(order === 'residual_first' ? [...one.map(t => [s.abar[t], b]), ...two.map(t => [0, s.bbar[t]])] : [...one.map(t => [a, s.bbar[t]]), ...two.map(t => [s.abar[t], 0])]), [0, 0]];
};
export const walk = (model, x, xin, path, {eta = 0, posterior = 'sum_constrained', normal = null} = {}) => { // states and guesses
  const out = [{x, at: path[0]}];
  for (let i = 0; i + 1 < path.length; i++) {
    const est = model.predict(x, xin, ...path[i]), s2 = posteriorVariance(posterior, path[i], path[i + 1], eta) || 0;
    x = reverseStep(x, est, path[i], path[i + 1], s2, s2 > 0 ? normal(x.length) : null);
    out[i].guess = est.x0; out[i].weights = est.weights; out.push({x, at: path[i + 1]});
  }
  return out;
};
export const normals = seed => { // a stream of standard normal numbers; rddm_nb.widgets.noise gives the same
  let a = seed >>> 0;
  const one = () => { a = a + 0x6D2B79F5 >>> 0; let t = Math.imul(a ^ a >>> 15, 1 | a); t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t; return ((t ^ t >>> 14) >>> 0)/4294967296; };
  return n => Float64Array.from({length: n}, () => { const u = one(), v = one(); return Math.sqrt(-2*Math.log(1 - u))*Math.cos(2*Math.PI*v); });
};
export const mse = (x, y) => { let s = 0; for (let i = 0; i < x.length; i++) { const d = Math.min(Math.max(x[i], -1), 1) - y[i]; s += d*d; } return s/x.length; };
export const psnr = (x, y) => 10*Math.log10(4/Math.max(mse(x, y), 4e-10));

// ---- drawing ----
const NS = 'http://www.w3.org/2000/svg', C = {res: '#e07b00', eps: '#3b82d0', x0: '#2e9e5b', other: '#9b59b6'};
const TINTS = ['#12a3a3', '#d6457f', '#a08a00', '#7a6ff0', '#b5651d'];
const put = (e, attrs, kids) => {
  for (const [k, v] of Object.entries(attrs || {})) if (k.startsWith('on')) e.addEventListener(k.slice(2), v); else if (v !== null && v !== undefined) e.setAttribute(k, v);
  e.append(...kids.flat(Infinity).filter(k => k !== null && k !== undefined)); return e;
};
const h = (tag, attrs, ...kids) => put(document.createElement(tag), attrs, kids);
const s = (tag, attrs, ...kids) => put(document.createElementNS(NS, tag), attrs, kids);
const clamp = (v, lo, hi) => Math.min(Math.max(v, lo), hi), f2 = v => Number.isFinite(v) ? v.toFixed(2) : v > 0 ? '∞' : '–', db = v => v > 60 ? 'exact' : v.toFixed(2);
const CSS = `:host, .fig { display: block; } .fig { font: 15px/1.45 system-ui, sans-serif; color: inherit; margin: .6rem 0; container-type: inline-size; } .fig * { box-sizing: border-box; }
.row { display: flex; flex-wrap: wrap; gap: .6rem 1.1rem; align-items: flex-start; } .pad { flex: 1 1 17rem; min-width: 0; max-width: 30rem; } .side { flex: 1 1 12rem; min-width: 0; }
svg { display: block; width: 100%; height: auto; overflow: visible; } svg text { fill: currentColor; font-size: 13px; } svg.touch { touch-action: none; cursor: crosshair; }
.axis, .grid { stroke: currentColor; stroke-width: 1; fill: none; } .grid { opacity: .18; } .curve { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
.knob { cursor: grab; stroke: #fff; stroke-width: 2; } .knob:focus-visible, canvas:focus-visible, button:focus-visible { outline: 3px solid ${C.eps}; outline-offset: 2px; }
.controls { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: .25rem 1rem; margin: .4rem 0; }
label { display: flex; gap: .5rem; align-items: center; min-height: 2rem; } label span { flex: 0 0 auto; } label output { flex: 0 0 3.2rem; text-align: right; font-variant-numeric: tabular-nums; }
input[type=range] { flex: 1 1 4rem; min-width: 3rem; accent-color: ${C.eps}; height: 1.6rem; } select, button { font: inherit; color: inherit; background: transparent; border: 1px solid currentColor; border-radius: 5px; padding: .15rem .5rem; min-height: 1.9rem; max-width: 100%; }
select { flex: 1 1 auto; min-width: 0; } option { color: CanvasText; background: Canvas; } button { cursor: pointer; } canvas { display: block; image-rendering: pixelated; border: 1px solid #8888; max-width: 100%; }
figure { margin: 0; } figcaption, .note { font-size: 13px; } .pics { display: flex; flex-wrap: wrap; gap: .5rem; } .pics figure { flex: 0 0 auto; } .bar { height: 7px; background: #8884; margin-top: 3px; } .bar i { display: block; height: 100%; }
dl { display: grid; grid-template-columns: auto auto; gap: .1rem .8rem; margin: .4rem 0; width: fit-content; } dt, dd { margin: 0; } dd { font-variant-numeric: tabular-nums; text-align: right; }
.strip { display: flex; gap: 4px; overflow-x: auto; padding: 2px; } .strip canvas { flex: 0 0 auto; } .key { display: inline-block; width: .8em; height: .8em; margin-right: .35em; border-radius: 2px; } ul { list-style: none; margin: .2rem 0; padding: 0; }
@container (max-width: 30rem) { .wide svg text { font-size: 17px; } } .wide { max-width: 40rem; }
@media print { .fig { break-inside: avoid; } }`;

let decoded = null; // the payload, turned into numbers once
export const unpack = d => {
  if (decoded?.raw === d) return decoded;
  const bytes = b64 => Float64Array.from(atob(b64), c => c.charCodeAt(0)/127.5 - 1), x = bytes(d.pictures), y = bytes(d.inputs), n = 3*d.side**2;
  const picture = i => x.subarray(i*n, (i + 1)*n);
  return decoded = {raw: d, side: d.side, count: d.count, means: x, n, picture, metro: d.metro,
    pairs: [...d.pairs.map((p, i) => ({...p, x0: picture(p.picture), xin: y.subarray(i*n, (i + 1)*n)})), {name: 'nothing (generation)', free: true, picture: 25, x0: picture(25), xin: new Float64Array(n)}]};
};
const paint = (canvas, x, signed = false) => {
  const n = canvas.width, m = n*n, img = canvas.getContext('2d').createImageData(n, n);
  for (let i = 0; i < m; i++) {
    let p = [x[i], x[m + i], x[2*m + i]].map(v => (v + 1)*127.5);
    if (signed) { const v = clamp((x[i] + x[m + i] + x[2*m + i])/3.6, -1, 1), e = v > 0 ? [224, 123, 0] : [110, 60, 170]; p = e.map(c => 255 + Math.abs(v)*(c - 255)); }
    img.data.set([...p.map(Math.round), 255], 4*i);
  }
  canvas.getContext('2d').putImageData(img, 0, 0);
};
const score = (p, x) => p.free ? 'no truth' : db(psnr(x, p.x0)); // of a restoration; when generating there is nothing to compare with
const photo = (label, size = 96, n = 32) => h('canvas', {width: n, height: n, role: 'img', 'aria-label': label, style: `width:${size}px;height:${size}px`});
const framed = (canvas, words) => h('figure', {}, canvas, h('figcaption', {}, words));

let clips = 0;
class Plane { // axes in numbers: abar across, bbar up
  constructor(ui, {top = 1.2, w = 360, hgt = 300, xlabel = 'ᾱ: how much residual', ylabel = 'β̄: how much noise', x = [0, 1], touch = false, label = 'the plane', y0 = 0} = {}) {
    Object.assign(this, {top, w, hgt, x, y0, l: 52, b: 40, r: 14, t: 12});
    const id = `clip${++clips}`; this.curves = s('g', {'clip-path': `url(#${id})`}); this.marks = s('g');
    const ticks = (lo, hi) => { const k = hi - lo > 2.5 ? 1 : .5, out = []; for (let v = Math.ceil(lo/k)*k; v <= hi + 1e-9; v += k) out.push(v); return out; };
    this.svg = s('svg', {viewBox: `0 0 ${w} ${hgt}`, class: touch ? 'touch' : '', role: 'group', 'aria-label': label},
      ticks(...x).map(v => [s('path', {class: 'grid', d: `M${this.px(v)} ${this.py(y0)}V${this.py(top)}`}), s('text', {x: this.px(v), y: hgt - 24, 'text-anchor': 'middle'}, String(+v.toFixed(2)))]),
      ticks(y0, top).map(v => [s('path', {class: 'grid', d: `M${this.px(x[0])} ${this.py(v)}H${this.px(x[1])}`}), s('text', {x: this.l - 6, y: this.py(v) + 4, 'text-anchor': 'end'}, String(+v.toFixed(2)))]),
      s('defs', {}, s('clipPath', {id}, s('rect', {x: this.l - 3, y: this.t - 3, width: w - this.l - this.r + 6, height: hgt - this.b - this.t + 6}))),
      s('path', {class: 'axis', d: `M${this.px(x[0])} ${this.py(top)}V${this.py(y0)}H${this.px(x[1])}`}),
      s('text', {x: w/2 + 12, y: hgt - 6, 'text-anchor': 'middle'}, xlabel), s('text', {x: 14, y: hgt/2 - 14, 'text-anchor': 'middle', transform: `rotate(-90 14 ${hgt/2 - 14})`}, ylabel), this.curves, this.marks);
  }
  px(a) { return this.l + (a - this.x[0])/(this.x[1] - this.x[0])*(this.w - this.l - this.r); }
  py(b) { return this.hgt - this.b - (b - this.y0)/(this.top - this.y0)*(this.hgt - this.b - this.t); }
  place(e) { // of a pointer
    const r = this.svg.getBoundingClientRect(), k = this.w/r.width;
    return [clamp(this.x[0] + ((e.clientX - r.left)*k - this.l)/(this.w - this.l - this.r)*(this.x[1] - this.x[0]), ...this.x), clamp(this.y0 + (this.hgt - this.b - (e.clientY - r.top)*k)/(this.hgt - this.b - this.t)*(this.top - this.y0), this.y0, this.top)];
  }
  d(points) { return points.map(([a, b], i) => `${i ? 'L' : 'M'}${this.px(a).toFixed(2)} ${this.py(clamp(b, this.y0 - 1, this.top + 1)).toFixed(2)}`).join(''); }
  clear() { this.curves.replaceChildren(); this.marks.replaceChildren(); }
  curve(points, color, more = {}) { return this.curves.appendChild(s('path', {class: 'curve', d: this.d(points), stroke: color, ...more})); }
  dot([a, b], color, more = {}) { return this.marks.appendChild(s('circle', {cx: this.px(a), cy: this.py(b), r: 5, fill: color, ...more})); }
  text([a, b], words, more = {}) { return this.marks.appendChild(s('text', {x: this.px(a) + 8, y: this.py(b) - 8, ...more}, words)); }
}
const decimate = (sch, n = 100) => { const T = sch.abar.length - 1, k = Math.max(1, Math.ceil(T/n)), out = []; for (let t = 0; t < T; t += k) out.push([sch.abar[t], sch.bbar[t]]); out.push([sch.abar[T], sch.bbar[T]]); return out; };
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};

class UI { // controls bound to the model: what the reader sets, Python sees
  constructor(model, data, root) { Object.assign(this, {model, data, root, outs: {}, syncs: [], redraw: () => {}}); this.controls = h('div', {class: 'controls'}); }
  get(k) { return this.model.get(k); }
  set(o) { for (const [k, v] of Object.entries(o)) this.model.set(k, v); this.model.save_changes(); }
  add(words, el, out, shown) {
    const l = h('label', {}, h('span', {}, words), el, out); this.controls.append(l);
    if (shown) this.syncs.push(() => { l.style.display = shown() ? '' : 'none'; });
    return el;
  }
  slider(k, words, min, max, step, shown, show = v => +(+v).toFixed(3)) {
    const out = h('output', {'data-n': k}), el = h('input', {type: 'range', min, max, step, 'data-k': k, oninput: () => this.set({[k]: +el.value})});
    this.syncs.push(() => { el.max = typeof max === 'function' ? max() : max; el.value = this.get(k); out.textContent = show(this.get(k)); });
    return this.add(words, el, out, shown);
  }
  select(k, words, options, shown) {
    const el = h('select', {'data-k': k, onchange: () => this.set({[k]: typeof this.get(k) === 'number' ? +el.value : el.value})}, options.map(o => { const [v, t] = Array.isArray(o) ? o : [o, o]; return h('option', {value: v}, t); }));
    this.syncs.push(() => { el.value = this.get(k); });
    return this.add(words, el, null, shown);
  }
  button(words, f) { const b = h('button', {type: 'button', onclick: f}, words); return b; }
  out(k, v) { this.outs[k].textContent = v; }
  numbers(names) { return h('dl', {}, Object.entries(names).map(([k, words]) => [h('dt', {}, words), h('dd', {}, this.outs[k] = h('output', {'data-n': k}))])); }
  pair() { return this.data.pairs[clamp(this.get('pair'), 0, this.data.pairs.length - 1)]; }
  pairs() { return this.select('pair', 'input', this.data.pairs.map((p, i) => [i, p.name])); }
  families() {
    const is = (...names) => () => names.includes(this.get('family')), sides = [['x', 'x, rising'], ['1-x', '1−x, falling']];
    this.select('family', 'family', [...Object.keys(FAMILIES), ...(this.get('given')?.abar ? ['given'] : [])]);
    this.select('side_res', 'residual steps', sides, is('power')); this.slider('a_res', 'residual exponent', 0, 5, .1, is('power'));
    this.select('side_eps', 'noise steps', sides, is('power')); this.slider('a_eps', 'noise exponent', 0, 5, .1, is('power'));
    this.slider('bbar_T', 'noise at the start', 0, 2, .05, is('power', 'line')); this.slider('height', 'height of the arch', .05, 1, .05, is('bridge'));
  }
  schedule(o = null) { const g = k => (o && k in o ? o[k] : this.get(k)); return g('family') === 'given' && this.get('given')?.abar ? this.get('given') : FAMILIES[g('family')]({T: 400, ...Object.fromEntries(['side_res', 'a_res', 'side_eps', 'a_eps', 'bbar_T', 'height'].map(k => [k, g(k)]))}); }
  noise(n, seed = this.get('seed')) { return normals(seed)(n); }
  knob(pad, color, words, get, move, step = .02) { // a handle for pointer and arrow keys
    const k = s('circle', {class: 'knob', r: 9, fill: color, tabindex: 0, role: 'slider', 'aria-label': words, 'aria-valuemin': 0, 'aria-valuemax': 1,
      onkeydown: e => { const d = ARROWS[e.key]; if (!d) return; e.preventDefault(); e.stopPropagation(); const [a, b] = get(), m = e.shiftKey ? 5*step : step; move([clamp(a + d[0]*m, ...pad.x), clamp(b + d[1]*m, pad.y0, pad.top)].map(v => +v.toFixed(4))); },
      onpointerdown: e => { e.preventDefault(); e.stopPropagation(); k.focus(); k.setPointerCapture(e.pointerId); k.onpointermove = m => move(pad.place(m)); },
      onpointerup: () => { k.onpointermove = null; }, onpointercancel: () => { k.onpointermove = null; }});
    k.sync = () => { const [a, b] = get(); put(k, {cx: pad.px(a), cy: pad.py(b), 'aria-valuenow': +a.toFixed(3), 'aria-valuetext': `abar ${f2(a)}, bbar ${f2(b)}`}, []); };
    return k;
  }
}
const strip = (ui, frames, words, size = 64, picked = null, pick = null) => {
  const row = h('div', {class: 'strip'});
  frames.forEach((x, i) => { const c = photo(`${words}, frame ${i + 1} of ${frames.length}`, size, ui.data.side); paint(c, x); if (i === picked) c.style.outline = `3px solid ${C.eps}`; if (pick) { c.style.cursor = 'pointer'; c.onclick = () => pick(i); } row.append(c); });
  return row;
};
const every = (list, n) => n >= list.length ? list : Array.from({length: n}, (_, i) => list[Math.round(i*(list.length - 1)/(n - 1))]);

// ---- the figures: each lays itself out once and returns how to draw it again ----
const figures = {};
const WAY = {family: 'power', side_res: '1-x', a_res: 1, side_eps: 'x', a_eps: 1, bbar_T: 1, height: .5, given: {}};

figures.plane = {state: {abar: .5, bbar: .3, pair: 0, seed: 1}, payload: true, draw(ui) {
  const pad = new Plane(ui, {top: 1.5, touch: true, label: 'plane of residual and noise'});
  const move = ([a, b]) => ui.set({abar: a, bbar: b}), knob = ui.knob(pad, C.other, 'place on the plane', () => [ui.get('abar'), ui.get('bbar')], move);
  pad.svg.append(knob);
  pad.svg.addEventListener('pointerdown', e => { move(pad.place(e)); knob.dispatchEvent(new PointerEvent('pointerdown', {pointerId: e.pointerId})); });
  const pics = {x0: photo('the clean picture', 72), xin: photo('the input', 72), res: photo('the residual', 72), x: photo('the state', 160)}, big = framed(pics.x, 'state here');
  ui.pairs(); ui.slider('abar', 'residual ᾱ', 0, 1, .01); ui.slider('bbar', 'noise β̄', 0, 1.5, .01); ui.slider('seed', 'another fog', 1, 20, 1);
  ui.root.append(h('div', {class: 'row'}, h('div', {class: 'pad'}, pad.svg), h('div', {class: 'side'}, big, ui.numbers({psnr: 'PSNR to the clean picture, dB', rho: 'noise per clean share ρ'}),
    h('div', {class: 'pics'}, framed(pics.x0, 'clean'), framed(pics.xin, 'input'), framed(pics.res, 'residual')))), ui.controls);
  return () => {
    const p = ui.pair(), a = ui.get('abar'), b = ui.get('bbar'), x = qSample(p.x0, p.xin, ui.noise(ui.data.n), a, b);
    pad.clear(); pad.curve([[0, 0], [a, 0]], C.res); pad.curve([[a, 0], [a, b]], C.eps); pad.dot([0, 0], C.x0); pad.text([0, 0], 'clean'); pad.text([1, 0], 'input', {'text-anchor': 'end', dx: -14}); knob.sync();
    paint(pics.x0, p.x0); paint(pics.xin, p.xin); paint(pics.res, p.xin.map((v, i) => v - p.x0[i]), true); paint(pics.x, x);
    ui.out('psnr', db(psnr(x, p.x0))); ui.out('rho', f2(b/(1 - a)));
  };
}};

figures.explorer = {state: {...WAY, u: .5, pins: []}, draw(ui) {
  const pad = new Plane(ui, {top: 2, label: 'schedules on the plane'}), time = new Plane(ui, {top: 2, xlabel: 'time t/T', ylabel: 'coefficients', label: 'coefficients against time'}), list = h('ul', {'aria-label': 'pinned curves'});
  const now = () => Object.fromEntries(Object.keys(WAY).filter(k => k !== 'given').map(k => [k, ui.get(k)]));
  const name = o => o.family === 'power' ? `P(${o.side_res}, ${+o.a_res.toFixed(2)}), P(${o.side_eps}, ${+o.a_eps.toFixed(2)}), β̄ = ${o.bbar_T}` : o.family === 'bridge' ? `bridge, ${o.height}` : o.family === 'line' ? `line, β̄ = ${o.bbar_T}` : o.family;
  ui.families(); ui.slider('u', 'where: t/T', 0, 1, .01);
  const dot = (c, w) => h('span', {}, h('span', {class: 'key', style: `background:${c}`}), w + '\u2003');
  ui.root.append(ui.controls, h('div', {class: 'row'}, h('div', {class: 'pad'}, pad.svg), h('div', {class: 'pad'}, time.svg)),
    h('div', {class: 'note'}, dot(C.res, 'ᾱ'), dot(C.eps, 'β̄'), dot(C.other, 'ρ = β̄/(1−ᾱ)'), '□ SM-N divides by 1−ᾱ = 0\u2003△ SM-Res divides by β̄ = 0\u2003● start\u2003○ clean'),
    h('div', {class: 'row'}, ui.numbers({abar: 'ᾱ', bbar: 'β̄', rho: 'ρ', end: 'starts from (ᾱ, β̄)'}), h('div', {}, ui.button('pin this curve', () => ui.set({pins: [...ui.get('pins'), now()].slice(-4)})), ' ', ui.button('clear pins', () => ui.set({pins: []})), list)));
  return () => {
    const sch = ui.schedule(), pts = decimate(sch), T = sch.abar.length - 1, u = ui.get('u'), [a, b] = at(sch, u), end = [sch.abar[T], sch.bbar[T]], graph = v => Array.from(v, (y, i) => [i/T, y]).filter((p, i) => Number.isFinite(p[1]) && p[1] <= 2 && (i % Math.ceil(T/100) === 0 || i === T));
    pad.clear(); time.clear(); list.replaceChildren();
    ui.get('pins').forEach((o, i) => { const q = ui.schedule(o); pad.curve(decimate(q), TINTS[i], {'stroke-dasharray': '7 4'}); list.append(h('li', {}, h('span', {class: 'key', style: `background:${TINTS[i]}`}), name(o))); });
    pad.curve(pts, 'currentColor'); time.curve(graph(rho(sch)), C.other); time.curve(graph(sch.abar), C.res); time.curve(graph(sch.bbar), C.eps);
    pad.dot([0, 0], 'none', {stroke: C.x0, 'stroke-width': 3, r: 6}); pad.dot(end, 'currentColor', {r: 4.5});
    pad.marks.append(s('path', {d: `M${pad.px(0) - 11} ${pad.py(0) + 8}h22l-11 -20z`, fill: 'none', stroke: C.eps}));
    if (end[0] === 1) pad.marks.append(s('rect', {x: pad.px(end[0]) - 9, y: pad.py(end[1]) - 9, width: 18, height: 18, fill: 'none', stroke: C.res}));
    if (end[1] === 0) pad.marks.append(s('path', {d: `M${pad.px(end[0]) - 11} ${pad.py(0) + 8}h22l-11 -20z`, fill: 'none', stroke: C.eps}));
    pad.dot([a, b], C.other, {r: 6}); time.curve([[u, 0], [u, 2]], 'currentColor', {'stroke-width': 1, 'stroke-dasharray': '3 3'});
    ui.out('abar', a.toFixed(4)); ui.out('bbar', b.toFixed(4)); ui.out('rho', a === 1 ? (b === 0 ? 'undefined' : '∞') : (b/(1 - a)).toFixed(4)); ui.out('end', `(${end.map(v => +v.toFixed(3)).join(', ')})`);
  };
}};

figures.film = {state: {...WAY, frames: 6, pair: 0, seed: 1}, payload: true, draw(ui) {
  const row = h('div', {class: 'pics'}); ui.pairs(); ui.families(); ui.slider('frames', 'frames', 2, 12, 1); ui.slider('seed', 'another fog', 1, 20, 1);
  ui.root.append(row, h('p', {class: 'note'}, h('span', {class: 'key', style: `background:${C.res}`}), 'share of the residual ᾱ\u2003', h('span', {class: 'key', style: `background:${C.eps}`}), 'noise β̄, as a share of its largest'), ui.controls);
  return () => {
    const sch = ui.schedule(), p = ui.pair(), eps = ui.noise(ui.data.n), n = ui.get('frames'), top = Math.max(...sch.bbar) || 1, bar = (v, c) => h('div', {class: 'bar'}, h('i', {style: `width:${clamp(100*v, 0, 100)}%;background:${c}`}));
    row.replaceChildren(...Array.from({length: n}, (_, i) => {
      const [a, b] = at(sch, i/(n - 1)), c = photo(`abar ${f2(a)}, bbar ${f2(b)}`, 88); paint(c, qSample(p.x0, p.xin, eps, a, b));
      return h('figure', {class: 'frame', 'data-abar': a, 'data-bbar': b}, c, bar(a, C.res), bar(b/top, C.eps), h('figcaption', {}, `${f2(a)}, ${f2(b)}`));
    }));
  };
}};

// particles: eight places on a ring, generation (x_in = 0)
export const RING = Array.from({length: 8}, (_, k) => [Math.cos(k*Math.PI/4), Math.sin(k*Math.PI/4)]);
export const particles = (path, count = 64, seed = 1) => { // roads of all particles, and how far they end from the data in the mean
  const model = new Exact(RING.flat(), 8, {std: .05}), z = normals(seed)(2*count), [a0, b0] = path[0], pick = i => RING[i % 8];
  const runs = Array.from({length: count}, (_, i) => walk(model, Float64Array.from([(1 - a0)*pick(i)[0] + b0*z[2*i], (1 - a0)*pick(i)[1] + b0*z[2*i + 1]]), null, path).map(f => f.x));
  const near = x => Math.min(...RING.map(m => Math.hypot(m[0] - x[0], m[1] - x[1]))), ends = runs.map(r => r[r.length - 1]), modes = new Set(ends.map(x => RING.findIndex(m => Math.hypot(m[0] - x[0], m[1] - x[1]) < .1)));
  modes.delete(-1); return {runs, distance: ends.reduce((p, x) => p + near(x), 0)/count, modes: modes.size};
};
const drawParticles = (c, {runs}, k) => {
  const g = c.getContext('2d'), n = c.width, X = v => n/2 + v*n/4.4, ink = getComputedStyle(c).color;
  g.clearRect(0, 0, n, n); g.lineWidth = 1;
  runs.forEach((r, i) => { g.strokeStyle = TINTS[i % 5] + '70'; g.beginPath(); r.slice(0, k + 1).forEach((p, j) => j ? g.lineTo(X(p[0]), X(-p[1])) : g.moveTo(X(p[0]), X(-p[1]))); g.stroke(); });
  for (const m of RING) { g.strokeStyle = C.x0; g.lineWidth = 3; g.beginPath(); g.arc(X(m[0]), X(-m[1]), 9, 0, 7); g.stroke(); }
  g.fillStyle = ink; runs.forEach(r => { const p = r[Math.min(k, r.length - 1)]; g.beginPath(); g.arc(X(p[0]), X(-p[1]), 3, 0, 7); g.fill(); });
};
export const simplify = (p, tol = .03) => { // fewer points, none further than tol from the drawn line
  if (p.length < 3) return p;
  const [a, b] = [p[0], p[p.length - 1]], l = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1e-9, off = p.map(q => Math.abs((b[0] - a[0])*(a[1] - q[1]) - (a[0] - q[0])*(b[1] - a[1]))/l), i = off.indexOf(Math.max(...off));
  return off[i] <= tol ? [a, b] : [...simplify(p.slice(0, i + 1), tol).slice(0, -1), ...simplify(p.slice(i), tol)];
};
export const ROADS = {straight: [[1, 1], [.5, .5], [0, 0]], 'quarter circle': [[1, 1], [.6, .916], [.3, .714], [.1, .436], [0, 0]], 'residual first': [[1, 1], [0, 1], [0, 0]], 'noise first': [[1, 1], [1, 0], [0, 0]]};
const doubtful = ui => ui.exact ||= new Exact(ui.data.means, ui.data.count, {tau: 8});

figures.pathpad = {state: {points: ROADS.straight, steps: 40, pair: 0, seed: 1, at: 1}, payload: true, draw(ui) {
  const pad = new Plane(ui, {top: 1.5, touch: true, label: 'draw a road from the right to the clean picture'}), cloud = h('canvas', {width: 300, height: 300, role: 'img', 'aria-label': 'particles walking to eight places on a ring', style: 'width:190px;height:190px;image-rendering:auto'});
  const pics = {x0: photo('the clean picture', 72), xin: photo('the input', 72), x: photo('the picture restored along the road', 128)}, knobs = s('g'), film = h('div'), id = `glow${++clips}`;
  const glow = s('g', {}, s('defs', {}, s('radialGradient', {id}, s('stop', {offset: 0, 'stop-color': '#ffb020', 'stop-opacity': .95}), s('stop', {offset: 1, 'stop-color': '#ffb020', 'stop-opacity': 0}))), s('circle', {cx: pad.px(1), cy: pad.py(0), r: 46, fill: `url(#${id})`}));
  pad.svg.insertBefore(glow, pad.curves); pad.svg.append(knobs);
  const close = p => { const q = p.map(v => [...v]); q[0][0] = 1; q[q.length - 1] = [0, 0]; return q.map(v => v.map(x => +x.toFixed(3))); };
  let drawn = null;
  pad.svg.addEventListener('pointerdown', e => { e.preventDefault(); pad.svg.setPointerCapture(e.pointerId); drawn = [pad.place(e)]; });
  pad.svg.addEventListener('pointermove', e => { if (!drawn) return; drawn.push(pad.place(e)); pad.curve([...drawn], C.other, {opacity: .5}); });
  pad.svg.addEventListener('pointerup', () => { if (drawn?.length > 4) ui.set({points: close(simplify([[1, drawn[0][1]], ...drawn.slice(1), [0, 0]])), at: 1}); drawn = null; });
  const presets = h('div', {}, Object.entries(ROADS).map(([k, p]) => [ui.button(k, () => ui.set({points: p, at: 1})), ' ']), ui.button('add a point', () => { const p = ui.get('points'), i = p.length - 2, q = [...p]; q.splice(i + 1, 0, [(p[i][0] + p[i + 1][0])/2, (p[i][1] + p[i + 1][1])/2]); ui.set({points: close(q)}); }));
  ui.pairs(); ui.slider('steps', 'steps', 2, 80, 1); ui.slider('at', 'how far along the road', 0, 1, .01); ui.slider('seed', 'another fog', 1, 20, 1);
  ui.root.append(presets, h('div', {class: 'row'}, h('div', {class: 'pad'}, pad.svg), h('div', {class: 'side'}, h('div', {class: 'pics'}, framed(cloud, 'particles'), framed(pics.x, 'restored')),
    ui.numbers({distance: 'particles: distance to the data', modes: 'places reached, of 8', psnr: 'picture: PSNR, dB', psnr_in: 'its input: PSNR, dB'}))), film,
    h('div', {class: 'pics'}, framed(pics.x0, 'clean'), framed(pics.xin, 'input')), ui.controls, h('p', {class: 'note'}, 'Drag a line from the right edge to the corner at the left, or move its points by hand or arrow keys. At the glowing corner nothing is left but the input: all states there are the same.'));
  return () => {
    const points = ui.get('points'), path = road(points, ui.get('steps')), p = ui.pair(), [a, b] = path[0], k = Math.round(ui.get('at')*(path.length - 1));
    const run = walk(doubtful(ui), qSample(p.x0, p.xin, ui.noise(ui.data.n), a, b), p.xin, path), swarm = particles(path, 64, ui.get('seed'));
    pad.clear(); pad.curve(path, C.other); pad.dot([0, 0], C.x0, {r: 7}); pad.text([0, 0], 'clean'); pad.dot(path[k], 'currentColor');
    const near = Math.min(...path.map(q => Math.hypot(q[0] - 1, q[1]))); glow.setAttribute('opacity', clamp(1.1 - near, .25, 1));
    const moved = (i, q) => { const all = ui.get('points').map(v => [...v]); all[i] = i ? q : [1, q[1]]; ui.set({points: close(all)}); };
    while (knobs.children.length > points.length - 1) knobs.lastChild.remove();
    while (knobs.children.length < points.length - 1) { const i = knobs.children.length; knobs.append(ui.knob(pad, i ? C.other : C.res, i ? `point ${i} of the road` : 'start of the road', () => ui.get('points')[i] || [0, 0], q => moved(i, q))); }
    for (const c of knobs.children) c.sync();
    paint(pics.x0, p.x0); paint(pics.xin, p.xin); paint(pics.x, run[k].x); drawParticles(cloud, swarm, k);
    film.replaceChildren(strip(ui, every(run, 9).map(f => f.x), 'the picture along the road', 60));
    ui.out('distance', swarm.distance.toFixed(3)); ui.out('modes', swarm.modes); ui.out('psnr', score(p, run[run.length - 1].x)); ui.out('psnr_in', score(p, p.xin));
  };
}};

figures.lens = {state: {abar: .5, bbar: 8, pair: 0, seed: 1}, payload: true, draw(ui) {
  const pics = {x: photo('the state', 112), mean: photo('the mean of the votes', 112), x0: photo('the clean picture', 72)}, votes = h('div', {class: 'pics', 'aria-label': 'pictures that vote'}), blind = new Exact(ui.data.means, ui.data.count);
  ui.pairs(); ui.slider('abar', 'residual ᾱ', 0, .99, .01); ui.slider('bbar', 'noise β̄', .1, 30, .1); ui.slider('seed', 'another fog', 1, 20, 1);
  ui.root.append(h('div', {class: 'row'}, h('div', {class: 'pics'}, framed(pics.x, 'state'), framed(pics.mean, 'best guess'), framed(pics.x0, 'clean')), h('div', {class: 'side'}, ui.numbers({rho: 'noise level ρ', voters: 'pictures that vote, in effect', truth: 'vote for the true one', psnr: 'best guess: PSNR, dB'}))), votes, ui.controls);
  return () => {
    const p = ui.pair(), a = ui.get('abar'), b = ui.get('bbar'), x = qSample(p.x0, p.xin, ui.noise(ui.data.n), a, b), est = blind.predict(x, p.xin, a, b), w = est.weights;
    const order = [...w.keys()].sort((i, j) => w[j] - w[i]).slice(0, 8), entropy = w.reduce((q, v) => v > 0 ? q - v*Math.log(v) : q, 0);
    paint(pics.x, x); paint(pics.mean, est.x0); paint(pics.x0, p.x0);
    votes.replaceChildren(...order.map(i => { const c = photo(`known picture ${i}`, 72); paint(c, ui.data.picture(i)); return h('figure', {'data-i': i}, c, h('div', {class: 'bar'}, h('i', {style: `width:${100*w[i]}%;background:${i === p.picture ? C.x0 : C.other}`})), h('figcaption', {}, `${(100*w[i]).toFixed(1)} %`)); }));
    ui.out('rho', f2(b/(1 - a))); ui.out('voters', Math.exp(entropy).toFixed(2)); ui.out('truth', w[p.picture].toFixed(4)); ui.out('psnr', db(psnr(est.x0, p.x0)));
  };
}};

// one dimension: x0 is -1 or 1 and x_in 0.5, so that every density is a sum of two bells
const bell = (x, m, v) => Math.exp(-((x - m)**2)/(2*v))/Math.sqrt(2*Math.PI*v);
const FAN = {sum_constrained: C.res, preserving: C.eps, bridge: C.x0};
export const fan = (s, t, u, eta, x) => { // one step from the state x: where each family of variances lands
  const from = at(s, t), to = at(s, u), est = new Exact([-1, 1], 2).predict(Float64Array.of(x), Float64Array.of(.5), ...from);
  return Object.fromEntries(Object.keys(POSTERIORS).map(k => { const v = posteriorVariance(k, from, to, eta); return [k, Number.isNaN(v) ? null : {mean: reverseStep(Float64Array.of(x), est, from, to, v)[0], sigma: Math.sqrt(v)}]; }));
};
figures.eta = {state: {...WAY, family: 'circle', t: .7, s: .4, eta: 1, x: .2}, draw(ui) {
  const pad = new Plane(ui, {x: [-3, 3], top: 1.5, w: 460, hgt: 250, xlabel: 'value of the one pixel', ylabel: 'density', label: 'densities before and after a step'});
  const names = {sum_constrained: 'sum-constrained σ', preserving: 'preserving σ', bridge: 'bridge σ'}, key = c => h('span', {class: 'key', style: `background:${c}`});
  ui.slider('eta', 'η', 0, 1, .01); ui.slider('x', 'the state at t', -2.5, 2.5, .05); ui.slider('t', 'from t/T', .05, 1, .01); ui.slider('s', 'to s/T', 0, .95, .01); ui.families();
  ui.root.append(h('div', {class: 'wide'}, pad.svg), h('p', {class: 'note'}, 'grey: all states at t; dashed: all states at s; ', Object.entries(names).map(([k, v]) => [key(FAN[k]), v.replace(' σ', '') + '\u2003'])), h('div', {class: 'row'}, ui.numbers(names)), ui.controls);
  return () => {
    const sch = ui.schedule(), t = ui.get('t'), u = Math.min(ui.get('s'), t), from = at(sch, t), to = at(sch, u), xs = Array.from({length: 241}, (_, i) => -3 + i/40);
    const marginal = ([a, b]) => xs.map(x => [x, Math.min(1.5, [-1, 1].reduce((p, m) => p + .5*bell(x, (1 - a)*m + .5*a, Math.max(b*b, 1e-4)), 0))]);
    pad.clear(); pad.curve(marginal(from), '#8a8a8a'); pad.curve(marginal(to), 'currentColor', {'stroke-dasharray': '6 4', 'stroke-width': 1.5}); pad.dot([ui.get('x'), 0], '#8a8a8a', {r: 7}); pad.text([ui.get('x'), 0], 'state');
    for (const [k, f] of Object.entries(fan(sch, t, u, ui.get('eta'), ui.get('x')))) {
      ui.out(k, f ? f.sigma.toFixed(4) : 'does not exist');
      if (f) pad.curve(f.sigma > .02 ? xs.map(x => [x, Math.min(1.5, bell(x, f.mean, f.sigma**2))]) : [[f.mean, 0], [f.mean, 1.5]], FAN[k], {'stroke-width': k === 'sum_constrained' ? 5 : k === 'preserving' ? 3 : 1.5});
    }
  };
}};

const level = (a, b) => Math.log(clamp(b/(1 - a || 1e-9), 1e-3, 1e3));
export const sameLevel = (line, [a, b]) => line.abar.reduce((p, x, i) => { // the station of a line where the noise level is nearest, the plane's distance deciding between equals
  const d = Math.abs(level(x, line.bbar[i]) - level(a, b)) + 1e-3*Math.hypot(x - a, line.bbar[i] - b); return d < p[0] ? [d, i] : p; }, [Infinity, 0])[1];
export const journey = (one, two, change) => { // along one line from its far end to a station, then along the other to the clean picture
  const n = one.abar.length - 1, k = Math.round(change*n), first = []; for (let i = n; i >= k; i--) first.push([one.abar[i], one.bbar[i]]);
  const j = sameLevel(two, first[first.length - 1]), rest = []; for (let i = j; i >= 0; i--) rest.push([two.abar[i], two.bbar[i]]);
  const path = [...first, ...rest].filter((p, i, all) => !i || Math.hypot(p[0] - all[i - 1][0], p[1] - all[i - 1][1]) > 1e-9);
  return path[path.length - 1].every(v => v === 0) ? path : [...path, [0, 0]];
};
figures.metro = {state: {start: 'DDPM', then: 'RDDM', change: .5, pair: 0, seed: 1}, payload: true, draw(ui) {
  const pad = new Plane(ui, {top: 2, w: 460, hgt: 340, label: 'all lines on the plane'}), film = h('div'), names = ui.data.metro.map(m => m.name), tint = i => `hsl(${i*360/names.length} 65% 50%)`;
  ui.select('start', 'start on', names); ui.select('then', 'change to', names); ui.slider('change', 'change at', 0, 1, .025); ui.pairs(); ui.slider('seed', 'another fog', 1, 20, 1);
  ui.root.append(h('div', {class: 'wide'}, pad.svg), film, h('div', {class: 'row'}, ui.numbers({station: 'changed at (ᾱ, β̄)', joined: 'joined at (ᾱ, β̄)', psnr: 'restored: PSNR, dB', psnr_in: 'its input: PSNR, dB'})), ui.controls, h('p', {class: 'note'}, 'Every line is a published method, without its fresh noise (η = 0); click one to change to it. You change where both lines have the same noise level ρ: there the states differ only by a shift and a scale. The journey begins in a state that the forward process makes.'));
  return () => {
    const one = ui.data.metro[names.indexOf(ui.get('start'))], two = ui.data.metro[names.indexOf(ui.get('then'))], path = journey(one, two, ui.get('change')), p = ui.pair(), k = Math.round(ui.get('change')*(one.abar.length - 1)), at_ = [one.abar[k], one.bbar[k]], j = sameLevel(two, at_), join = [two.abar[j], two.bbar[j]];
    const run = walk(doubtful(ui), qSample(p.x0, p.xin, ui.noise(ui.data.n), ...path[0]), p.xin, path);
    pad.clear(); ui.data.metro.forEach((m, i) => pad.curve(m.abar.map((a, q) => [a, m.bbar[q]]), tint(i), {'stroke-width': 2, opacity: .6, style: 'cursor:pointer', onclick: () => ui.set({then: m.name})}).append(s('title', {}, m.name)));
    for (const [m, c] of [[one, C.eps], [two, C.res]]) { pad.curve(m.abar.map((a, q) => [a, m.bbar[q]]), c, {'stroke-width': 4}); m.abar.forEach((a, q) => { if (q % 5 === 0 && m.bbar[q] <= 2) pad.dot([a, m.bbar[q]], c, {r: 3.5}); }); }
    pad.curve(path, 'currentColor', {'stroke-width': 2, 'stroke-dasharray': '2 4'}); for (const q of [at_, join]) if (q[1] <= 2) pad.dot(q, 'none', {stroke: 'currentColor', 'stroke-width': 3, r: 8});
    const half = one.abar.length >> 1; [[one, C.eps, half], [two, C.res, half - 6]].forEach(([m, c, q]) => pad.text([m.abar[q], Math.min(m.bbar[q], 1.95)], m.name, {'font-weight': 600}));
    film.replaceChildren(strip(ui, every(run, 9).map(f => f.x), 'the picture on its journey', 60));
    ui.out('station', `(${at_.map(f2).join(', ')})`); ui.out('joined', `(${join.map(f2).join(', ')})`); ui.out('psnr', score(p, run[run.length - 1].x)); ui.out('psnr_in', score(p, p.xin));
  };
}};

figures.order = {state: {...WAY, steps: 10, pair: 0, seed: 1}, payload: true, draw(ui) {
  const rows = ['together', 'residual_first', 'noise_first'], body = h('div'), pad = new Plane(ui, {top: 2, label: 'three roads', hgt: 260});
  ui.pairs(); ui.slider('steps', 'steps', 2, 40, 1); ui.families(); ui.slider('seed', 'another fog', 1, 20, 1);
  ui.root.append(h('div', {class: 'row'}, h('div', {class: 'pad'}, pad.svg), h('div', {class: 'side'}, ui.numbers(Object.fromEntries(rows.flatMap(r => [[r, `${r.replace('_', ' ')}: PSNR, dB`], [r + '_distance', 'its particles: distance to the data']]))))), body, ui.controls);
  return () => {
    const sch = ui.schedule(), p = ui.pair(); pad.clear(); body.replaceChildren();
    rows.forEach((r, i) => {
      const path = plan(sch, ui.get('steps'), r), run = walk(doubtful(ui), qSample(p.x0, p.xin, ui.noise(ui.data.n), ...path[0]), p.xin, path);
      pad.curve(path, TINTS[i]); path.forEach(q => pad.dot(q, TINTS[i], {r: 3}));
      body.append(h('div', {class: 'note'}, h('span', {class: 'key', style: `background:${TINTS[i]}`}), r.replace('_', ' ')), strip(ui, every(run, 8).map(f => f.x), r.replace('_', ' '), 60));
      ui.out(r, score(p, run[run.length - 1].x)); ui.out(r + '_distance', particles(path, 64, ui.get('seed')).distance.toFixed(3));
    });
  };
}};

export const branchPath = (path, k, order) => { // the rest of a road from stop k on, in one of three orders
  const [a, b] = path[k], n = path.length - 1 - k;
  return order === 'together' || n < 2 ? path.slice(k) : road([[a, b], order === 'residual_first' ? [0, b] : [a, 0], [0, 0]], n);
};
figures.travel = {state: {...WAY, steps: 10, pair: 0, seed: 1, at: 5, eta: 1, posterior: 'sum_constrained', order: 'together', branches: []}, payload: true, draw(ui) {
  const body = h('div'), big = photo('the state now', 112), guess = photo('the guess now', 112), pad = new Plane(ui, {top: 2, hgt: 250, label: 'roads of the branches'});
  ui.pairs(); ui.slider('steps', 'steps', 2, 30, 1); ui.slider('at', 'now at step', 0, () => ui.get('steps'), 1); ui.slider('eta', 'η of the fork', 0, 1, .05);
  ui.select('posterior', 'its variance', Object.keys(POSTERIORS).map(k => [k, k.replace('_', '-')])); ui.select('order', 'its order', [['together', 'together'], ['residual_first', 'residual first'], ['noise_first', 'noise first']]); ui.families(); ui.slider('seed', 'another fog', 1, 20, 1);
  const fork = () => ui.set({branches: [...ui.get('branches'), {at: Math.min(ui.get('at'), ui.get('steps') - 1), eta: ui.get('eta'), posterior: ui.get('posterior'), order: ui.get('order')}].slice(-4)});
  ui.root.append(h('div', {class: 'row'}, h('div', {class: 'pad'}, pad.svg), h('div', {class: 'pics'}, framed(big, 'state'), framed(guess, 'guess')), ui.numbers({abar: 'ᾱ', bbar: 'β̄', psnr: 'main run: PSNR, dB'})), h('div', {}, ui.button('fork here', fork), ' ', ui.button('clear forks', () => ui.set({branches: []}))), body, ui.controls);
  return () => {
    const path = plan(ui.schedule(), ui.get('steps')), p = ui.pair(), model = doubtful(ui), main = walk(model, qSample(p.x0, p.xin, ui.noise(ui.data.n), ...path[0]), p.xin, path), k = Math.min(ui.get('at'), path.length - 1), end = main[main.length - 1].x, most = path.length, shown = Math.min(most, 11);
    pad.clear(); pad.curve(path, C.other); path.forEach(q => pad.dot(q, C.other, {r: 3})); pad.dot(path[k], 'currentColor', {r: 6});
    body.replaceChildren(h('div', {class: 'note'}, h('span', {class: 'key', style: `background:${C.other}`}), 'main run, η = 0'), strip(ui, every(main, shown).map(f => f.x), 'main run', 52, Math.round(k/(most - 1)*(shown - 1)), i => ui.set({at: Math.round(i*(most - 1)/(shown - 1))})));
    ui.get('branches').forEach((o, i) => {
      const j = Math.min(o.at, path.length - 2), way = branchPath(path, j, o.order), exists = way.slice(1).every((q, m) => !Number.isNaN(posteriorVariance(o.posterior, way[m], q, o.eta)));
      const words = `fork at step ${j}: η = ${o.eta}, ${o.posterior.replace('_', '-')}, ${o.order.replace('_', ' ')}`, row = h('div', {class: 'note', 'data-fork': i}, h('span', {class: 'key', style: `background:${TINTS[i]}`}), words); body.append(row);
      if (!exists) { row.append(': this variance does not exist on this road'); return; }
      const run = walk(model, main[j].x, p.xin, way, {eta: o.eta, posterior: o.posterior, normal: normals(100*ui.get('seed') + i)}), x = run[run.length - 1].x;
      pad.curve(way, TINTS[i], {'stroke-dasharray': '6 4'}); row.append(`; PSNR in dB: ${score(p, x)}; differs from the main run by ${Math.sqrt(mse(x, end)).toFixed(3)}`); body.append(strip(ui, every(run, Math.min(run.length, 11)).map(f => f.x), words, 52));
    });
    paint(big, main[k].x); paint(guess, main[k].guess || main[k].x); ui.out('abar', f2(path[k][0])); ui.out('bbar', f2(path[k][1])); ui.out('psnr', score(p, end));
  };
}};

// ---- homes: a page without a kernel, and anywidget ----
export const fakeModel = state => {
  const v = {...state}, heard = {};
  return {keys: () => Object.keys(v), get: k => v[k], set(k, x) { if (v[k] !== x) { v[k] = x; (heard['change:' + k] || []).forEach(f => f()); } }, save_changes() {}, on(e, f) { (heard[e] ||= []).push(f); }, off() {}};
};
const inkScheme = el => { const m = getComputedStyle(el).color.match(/[\d.]+/g) || [0, 0, 0]; return .3*m[0] + .59*m[1] + .11*m[2] > 128 ? 'dark' : 'light'; };
export const mount = (el, kind, model, payload) => {
  const figure = figures[kind], root = h('div', {class: 'fig', role: 'group', 'aria-label': `figure: ${kind}`}), shadow = el.shadowRoot || el.attachShadow({mode: 'open'});
  if (!figure) throw new Error(`no figure ${kind}: there are ${Object.keys(figures).join(', ')}`);
  el.setAttribute('data-lm-suppress-shortcuts', 'true'); // JupyterLab would take the arrow keys for its own
  shadow.replaceChildren(h('style', {}, CSS), root);
  const ui = new UI(model, figure.payload ? unpack(payload) : null, root), redraw = figure.draw(ui);
  const all = () => { ui.syncs.forEach(f => f()); redraw(); el.dataset.drawn = 1 + (+el.dataset.drawn || 0); };
  let asked = false; // several changes at once are drawn once
  const ask = () => { if (!asked) { asked = true; queueMicrotask(() => { asked = false; all(); }); } };
  Object.keys(figure.state).forEach(k => model.on('change:' + k, ask));
  const tone = () => { root.style.colorScheme = inkScheme(el); ask(); };
  if (typeof MutationObserver === 'function') new MutationObserver(tone).observe(document.body, {attributes: true, attributeFilter: ['class', 'data-jp-theme-light']});
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tone);
  root.style.colorScheme = inkScheme(el); all();
  return ui;
};
export const states = Object.fromEntries(Object.entries(figures).map(([k, f]) => [k, f.state]));
let fetched = null;
const payloadOf = async () => (fetched ||= fetch(new URL('figures.json', import.meta.url)).then(r => r.json()));
if (typeof HTMLElement !== 'undefined' && typeof customElements !== 'undefined' && !customElements.get('rddm-figure')) customElements.define('rddm-figure', class extends HTMLElement {
  async connectedCallback() {
    const kind = this.getAttribute('kind'), figure = figures[kind];
    if (!figure || this.shadowRoot) return;
    const state = {...figure.state, ...JSON.parse(this.getAttribute('state') || '{}')}, payload = figure.payload ? await payloadOf() : null;
    this.model = fakeModel(state); mount(this, kind, this.model, payload);
  }
});
export default {render({model, el}) { const host = h('div'); el.append(host); mount(host, model.get('kind'), model, model.get('payload')); }};
