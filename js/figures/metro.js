// Published methods as the lines of a map: a run changes from one to another where their noise levels agree.
import {clamp, last, range, record} from '../math/arrays.js';
import {POSTERIORS} from '../math/diffusion.js';
import {distance, toClean} from '../math/paths.js';
import {scheduleAt, schedulePoints} from '../math/schedules.js';
import {Axes} from '../ui/axes.js';
import {colorKey, div, formatPoint, h, hyphened, note, svg, write} from '../ui/dom.js';
import {restorationPsnr, runStrip} from '../ui/images.js';
import {COLORS, nameWidth, TINTS} from '../ui/style.js';

const BBAR_MAX = 2;
const LATEST = 2026;

const logRho = ([abar, bbar]) => Math.log(clamp(bbar/(1 - abar || 1e-9), 1e-3, 1e3));

// the node of a schedule where the noise level is nearest; the distance on the plane decides between equals
const nearestNoiseLevel = (schedule, point) => {
  const offset = p => Math.abs(logRho(p) - logRho(point)) + 1e-3*distance(p, point);
  const offsets = schedulePoints(schedule).map(offset);
  return offsets.indexOf(Math.min(...offsets));
};

// where a run leaves the one schedule, a share of its steps after the start, and where it joins the other
const changePoints = (one, two, share) => {
  const leaves = Math.round(share*(one.abar.length - 1));
  return [leaves, nearestNoiseLevel(two, schedulePoints(one)[leaves])];
};

// the path along one schedule from its start, then along the other to the clean image
export const switchPath = (one, two, share) => {
  const [leaves, joins] = changePoints(one, two, share);
  const first = schedulePoints(one).slice(leaves).reverse();
  const second = schedulePoints(two).slice(0, joins + 1).reverse();
  const path = [...first, ...second];
  return toClean(path.filter((point, i) => i === 0 || distance(point, path[i - 1]) > 1e-9));
};

const familyColors = record(Object.keys(POSTERIORS), (_, i) => TINTS[i]);
const colorOf = ({family}) => familyColors[family] ?? TINTS[3];

// the methods of the map, those with the same curve together
const lines = methods => {
  const shape = ({abar, bbar}) => [.25, .5, .75].map(u => scheduleAt({abar, bbar}, u).map(v => v.toFixed(2))).join();
  const byShape = {};
  for (const method of methods) (byShape[shape(method)] ||= []).push(method);
  return Object.values(byShape);
};

// what a line is called, and who published it
const papersOf = methods => methods.map(({name, source}) => `${name}: ${source}`).join('; ');

// is a method shown? The filters decide, where an empty one lets all pass; those of the run always are
const isShown = (ui, {name, family, source, year}) => [ui.get('start'), ui.get('then')].includes(name)
  || [family, ''].includes(ui.get('only')) && [source, ''].includes(ui.get('paper')) && year <= ui.get('until');

// points of a curve on the axes in pixels, near to each other
const inkOf = (axes, points) => {
  const drawn = points.map(([abar, bbar]) => [axes.px(abar), axes.py(bbar)]);
  const between = drawn.slice(1).flatMap(([x, y], i) => {
    const [x0, y0] = drawn[i];
    const count = Math.ceil(Math.hypot(x - x0, y - y0)/7) || 1;
    return range(count, k => [x0 + (x - x0)*k/count, y0 + (y - y0)*k/count]);
  });
  return between.filter(([, y]) => y >= 0);
};

// a line of the map, which tells the reader its name and its paper, and to which a click changes
const mapLine = (ui, axes, methods, tell) => {
  const points = schedulePoints(methods[0]);
  const shown = () => methods.filter(method => isShown(ui, method));
  const change = () => {
    const names = shown().map(({name}) => name);
    ui.set({then: names[(names.indexOf(ui.get('then')) + 1) % names.length]});
  };
  const onkeydown = event => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    change();
  };
  const listeners = {onclick: change, onkeydown, onpointerenter: () => tell(shown()), onfocus: () => tell(shown())};
  const attributes = {class: 'line', tabindex: 0, role: 'button', 'aria-label': papersOf(methods)};
  const path = axes.curve(points, colorOf(methods[0]));
  const line = svg('g', {...attributes, ...listeners}, path, axes.curve(points, 'transparent', {class: 'touched'}));
  ui.syncs.push(() => {
    const [first] = shown();
    line.style.display = first ? '' : 'none';
    if (first) path.setAttribute('stroke', colorOf(first));
  });
  return {line, ink: inkOf(axes, points), top: Math.max(...points.map(([, bbar]) => bbar)), shown};
};

// do two boxes [x, y, width, height] meet?
const overlap = ([x, y, width, height], [x2, y2, width2, height2]) =>
  x < x2 + width2 && x2 < x + width && y < y2 + height2 && y2 < y + height;

// where along its line a name may stand: from the middle to both ends
const ALONG = range(19, i => .5 + (i % 2 ? 1 : -1)*Math.ceil(i/2)/20);

// where a name may stand: beside its line, at a corner of it or in the middle above or below
const places = (ink, width, height) => ALONG.flatMap(u => {
  const [x, y] = ink[Math.round(u*(ink.length - 1))];
  const [above, below] = [y - height - 3, y + 3];
  const [left, middle, right] = [x - width - 3, x - width/2, x + 3];
  return [[left, above], [right, above], [right, below], [left, below], [middle, above], [middle, below]];
});

const NEAR = 14; // pixels: a line so near to a name would be taken for its own
const GAP = 7; // between two names

// how much of the lines crosses a box, and how much of others is near it; counted no further than to a limit
const crossing = ([x, y, width, height], lines, own, limit) => {
  const [right, bottom] = [x + width, y + height];
  let cost = 0;
  for (const line of lines) {
    const far = line === own ? 0 : NEAR;
    for (const point of line.ink) {
      const a = point[0], b = point[1];
      if (a <= x - far || a >= right + far || b <= y - far || b >= bottom + far) continue;
      cost += a > x && a < right && b > y && b < bottom ? 4 : 1;
      if (cost >= limit) return cost;
    }
  }
  return cost;
};

// the box of a line's name, inside the axes and off other names, where least of the lines crosses it and no other is
// near; null if there is none
const freePlace = (axes, line, width, height, taken, lines) => {
  const [left, top, right, bottom] = [axes.px(0) + 3, axes.py(axes.yMax) + 2, axes.px(1) - 2, axes.py(0) - 1];
  let [best, least] = [null, Infinity];
  for (const [x, y] of places(line.ink, width, height)) {
    const box = [x, y, width, height];
    if (x < left || y < top || x + width > right || y + height > bottom) continue;
    if (taken.some(other => overlap(box, other))) continue;
    const cost = crossing(box, lines, line, least);
    if (cost < least) [best, least] = [box, cost];
    if (!cost) break;
  }
  return best;
};

// the size of the letters, which depends on the page's width
const sizeOf = axes => parseFloat(getComputedStyle(axes.svg.querySelector('text')).fontSize) || 13;

// write names beside their lines, where they find a place of their own: first those that come first
const writeNames = (axes, layer, named, changes) => {
  layer.replaceChildren();
  const size = sizeOf(axes);
  const taken = changes.map(([abar, bbar]) => [axes.px(abar) - 11, axes.py(bbar) - 11, 22, 22]);
  const lines = [...named, {ink: inkOf(axes, changes)}];
  for (const line of named) {
    const {names, isChosen} = line;
    const [width, height] = [nameWidth(names, size, isChosen), 1.1*size];
    const box = freePlace(axes, line, width, height, taken, lines);
    if (!box) continue;
    taken.push([box[0] - GAP, box[1], box[2] + 2*GAP, box[3]]);
    const attributes = {x: box[0], y: box[1] + .88*size, class: isChosen ? 'name chosen' : 'name'};
    layer.appendChild(svg('text', attributes)).append(names);
  }
};

// call back when the letters of a drawing have another size
const onLetters = (axes, callback) => {
  let known = null;
  new ResizeObserver(() => {
    const size = sizeOf(axes);
    if (known && size !== known) callback();
    known = size;
  }).observe(axes.svg);
};

// a button for each family, which shows its methods alone, or all again
const familyButtons = ui => {
  const families = [...new Set(ui.data.metro.map(({family}) => family))];
  return div('stories', families.map(family => {
    const onclick = () => ui.set({only: ui.get('only') === family ? '' : family});
    const element = h('button', {type: 'button', onclick}, colorKey(colorOf({family})), hyphened(family));
    ui.syncs.push(() => element.setAttribute('aria-pressed', ui.get('only') === family));
    return element;
  }));
};

// a line with its stations
const drawLine = (axes, schedule, color) => {
  const points = schedulePoints(schedule);
  axes.curve(points, color, {'stroke-width': 5, class: 'curve still'});
  const stations = points.filter(([, bbar], i) => i % 5 === 0 && bbar <= BBAR_MAX);
  axes.dots(stations, color, 3.5);
};

const drawPathAndChange = (axes, path, ends) => {
  axes.curve(path, 'currentColor', {'stroke-width': 2, 'stroke-dasharray': '2 4'});
  const visible = ends.filter(([, bbar]) => bbar <= BBAR_MAX);
  for (const point of visible) axes.dot(point, 'none', {stroke: 'currentColor', 'stroke-width': 3, r: 8});
};

const layOutMetro = (ui, axes, told, film) => {
  const names = ui.data.metro.map(({name}) => name);
  ui.select('start', 'start on', names);
  ui.select('then', 'change to', names);
  ui.slider('change', 'change at', 0, 1, .025);
  ui.fold();
  ui.slider('until', 'published until', Math.min(...ui.data.metro.map(({year}) => year)), LATEST, 1);
  const papers = [...new Set(ui.data.metro.map(({source}) => source))].sort();
  ui.select('paper', 'of the paper', [['', 'all papers'], ...papers]);
  ui.pairSelect();
  ui.seedSlider();
  const numbers = ui.numbers({
    station: 'changed at (ᾱ, β̄)', joined: 'joined at (ᾱ, β̄)',
    psnr: 'restored: PSNR, dB', psnr_in: 'its input: PSNR, dB',
  });
  ui.root.append(familyButtons(ui), div('wide', axes.svg), told, film, div('row', numbers));
};

// the lines of the map, below what is drawn anew, and a function that writes their names
const layOutMap = (ui, axes, told) => {
  const tell = methods => write(told, papersOf(methods));
  const map = lines(ui.data.metro).map(methods => mapLine(ui, axes, methods, tell));
  const layer = svg('g', {'clip-path': axes.curves.getAttribute('clip-path')}, map.map(({line}) => line));
  const names = svg('g');
  axes.svg.insertBefore(layer, axes.curves);
  axes.svg.append(names);
  let writeAll = null;
  onLetters(axes, () => writeAll());
  return (chosen, changes) => {
    const named = map.filter(({shown}) => shown().length).map(({ink, top, shown}) => {
      const methods = shown().map(({name}) => name);
      const isChosen = methods.some(name => chosen.includes(name));
      return {names: methods.join(' · '), ink, top, isChosen};
    });
    named.sort((a, b) => b.isChosen - a.isChosen || a.top - b.top);
    writeAll = () => writeNames(axes, names, named, changes);
    writeAll();
  };
};

export const metro = {
  state: {start: 'DDPM', then: 'RDDM', change: .5, only: '', paper: '', until: LATEST, pair: 0, seed: 1},
  payload: true,
  stories: {
    'from DDPM to RDDM': {start: 'DDPM', then: 'RDDM', change: .5},
    'from RDDM to a bridge': {start: 'RDDM', then: 'I2SB', change: .3},
    'from ResShift to IR-SDE': {start: 'ResShift', then: 'IR-SDE', change: .5},
    'as of 2021': {start: 'DDPM', then: 'VE', change: .7, until: 2021, only: '', paper: ''},
    'all of them': {until: LATEST, only: '', paper: ''},
  },
  tip: 'Every line is a published method, without its fresh noise (η = 0); its color is that of the fresh '
    + 'noise it would take. Click one to change to it, midway: both lines have the same noise level ρ there, so '
    + 'their states differ only by a shift and a scale, and the image is restored all the same.',
  draw(ui) {
    const axes = new Axes({yMax: BBAR_MAX, width: 640, height: 420, label: 'all lines on the plane'});
    const film = runStrip();
    const told = note('Point at a line, or go to it by the tab key: here stand its name and its paper.');
    told.setAttribute('role', 'status');
    const writeMap = layOutMap(ui, axes, told);
    layOutMetro(ui, axes, told, film);
    return () => {
      const [one, two] = ['start', 'then'].map(key => ui.data.metro.find(({name}) => name === ui.get(key)));
      const [leaves, joins] = changePoints(one, two, ui.get('change'));
      const [station, joined] = [schedulePoints(one)[leaves], schedulePoints(two)[joins]];
      const path = switchPath(one, two, ui.get('change'));
      const [run, pair] = [ui.restore(path), ui.pair()];
      axes.clear();
      drawLine(axes, one, COLORS.eps);
      drawLine(axes, two, COLORS.res);
      drawPathAndChange(axes, path, [station, joined]);
      writeMap([one.name, two.name], [station, joined]);
      film.show(run, 'the states on the path');
      ui.show({station: formatPoint(station), joined: formatPoint(joined)});
      ui.show({psnr: restorationPsnr(pair, last(run).x), psnr_in: restorationPsnr(pair, pair.xIn)});
    };
  },
};
