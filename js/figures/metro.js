// Published methods as the lines of a map: a run changes from one to another where their noise levels agree.
import {clamp, last, record} from '../math/arrays.js';
import {POSTERIORS} from '../math/diffusion.js';
import {distance, toClean} from '../math/paths.js';
import {scheduleAt, schedulePoints} from '../math/schedules.js';
import {Axes} from '../ui/axes.js';
import {colorKey, div, formatPoint, h, hyphened, note, svg, write} from '../ui/dom.js';
import {restorationPsnr, runStrip} from '../ui/images.js';
import {COLORS, TINTS} from '../ui/style.js';

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
  return {line, points, shown};
};

const overlap = ([x, y, width], [x2, y2, width2]) => x < x2 + width2 && x2 < x + width && Math.abs(y - y2) < 15;

// write names beside their lines, where they find a place of their own
const writeNames = (axes, named, changes) => {
  const taken = changes.map(([abar, bbar]) => [axes.px(abar) - 10, axes.py(bbar) + 4, 20]);
  for (const {names, points, isChosen} of named) {
    const width = 7*names.length;
    const boxes = [.5, .35, .65, .8, .2, .9].map(u => points[Math.round(u*(points.length - 1))])
      .filter(([, bbar]) => bbar <= axes.yMax)
      .map(point => [Math.min(axes.px(point[0]) + 6, axes.width - width - 4), axes.py(point[1]) - 5, width]);
    const box = boxes.find(place => place[1] > 14 && !taken.some(other => overlap(place, other)))
      ?? (isChosen ? boxes[0] : null);
    if (!box) continue;
    taken.push(box);
    const attributes = {x: box[0], y: box[1], class: isChosen ? 'name chosen' : 'name'};
    axes.mark('text', attributes).append(names);
  }
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
  axes.svg.insertBefore(layer, axes.curves);
  return (chosen, changes) => {
    const named = map.filter(({shown}) => shown().length).map(({points, shown}) => {
      const names = shown().map(({name}) => name);
      const isChosen = names.some(name => chosen.includes(name));
      return {names: names.join(' · '), points, isChosen};
    });
    writeNames(axes, named.sort((a, b) => b.isChosen - a.isChosen), changes);
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
