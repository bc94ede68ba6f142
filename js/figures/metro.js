// Published methods as the lines of a map: a run changes from one to another where their noise levels agree.
import {clamp, last} from '../math/arrays.js';
import {distance, toClean} from '../math/paths.js';
import {schedulePoints} from '../math/schedules.js';
import {Axes} from '../ui/axes.js';
import {div, formatPoint, h, note, svg} from '../ui/dom.js';
import {restorationPsnr, runStrip} from '../ui/images.js';
import {COLORS} from '../ui/style.js';

const BBAR_MAX = 2;
const METRO_HELP = 'Every line is a published method, without its fresh noise (η = 0); click one to change to it. '
  + 'You change where both lines have the same noise level ρ: there the states differ only by a shift and a scale. '
  + 'The path begins in a state that the forward process makes.';

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

const drawMap = (ui, axes) => {
  const schedules = ui.data.metro;
  schedules.forEach((schedule, i) => {
    const color = `hsl(${i*360/schedules.length} 65% 50%)`;
    const onclick = () => ui.set({then: schedule.name});
    const attributes = {'stroke-width': 2, opacity: .6, style: 'cursor:pointer', onclick};
    axes.curve(schedulePoints(schedule), color, attributes).append(svg('title', {}, schedule.name));
  });
};

// a line with its stations
const drawLine = (axes, schedule, color) => {
  const points = schedulePoints(schedule);
  axes.curve(points, color, {'stroke-width': 4});
  const stations = points.filter(([, bbar], i) => i % 5 === 0 && bbar <= BBAR_MAX);
  for (const point of stations) axes.dot(point, color, {r: 3.5});
};

const drawPathAndChange = (axes, path, ends) => {
  axes.curve(path, 'currentColor', {'stroke-width': 2, 'stroke-dasharray': '2 4'});
  const visible = ends.filter(([, bbar]) => bbar <= BBAR_MAX);
  for (const point of visible) axes.dot(point, 'none', {stroke: 'currentColor', 'stroke-width': 3, r: 8});
};

const writeName = (axes, schedule, node) => {
  const [abar, bbar] = [schedule.abar[node], schedule.bbar[node]];
  axes.text([abar, Math.min(bbar, BBAR_MAX - .05)], schedule.name, {'font-weight': 600});
};

const layOutMetro = (ui, axes, film) => {
  const names = ui.data.metro.map(({name}) => name);
  ui.select('start', 'start on', names);
  ui.select('then', 'change to', names);
  ui.slider('change', 'change at', 0, 1, .025);
  ui.pairSelect();
  ui.seedSlider();
  const numbers = ui.numbers({
    station: 'changed at (ᾱ, β̄)', joined: 'joined at (ᾱ, β̄)',
    psnr: 'restored: PSNR, dB', psnr_in: 'its input: PSNR, dB',
  });
  ui.root.append(div('wide', axes.svg), film, div('row', numbers), ui.controls, note(METRO_HELP));
};

export const metro = {
  state: {start: 'DDPM', then: 'RDDM', change: .5, pair: 0, seed: 1},
  payload: true,
  draw(ui) {
    const axes = new Axes({yMax: BBAR_MAX, width: 460, height: 340, label: 'all lines on the plane'});
    const film = h('div');
    layOutMetro(ui, axes, film);
    return () => {
      const [one, two] = ['start', 'then'].map(key => ui.data.metro.find(({name}) => name === ui.get(key)));
      const [leaves, joins] = changePoints(one, two, ui.get('change'));
      const [station, joined] = [schedulePoints(one)[leaves], schedulePoints(two)[joins]];
      const path = switchPath(one, two, ui.get('change'));
      const [run, pair] = [ui.restore(path), ui.pair()];
      axes.clear();
      drawMap(ui, axes);
      drawLine(axes, one, COLORS.eps);
      drawLine(axes, two, COLORS.res);
      drawPathAndChange(axes, path, [station, joined]);
      const half = one.abar.length >> 1;
      writeName(axes, one, half);
      writeName(axes, two, half - 6);
      film.replaceChildren(runStrip(run, 9, 'the states on the path', 60));
      ui.show({station: formatPoint(station), joined: formatPoint(joined)});
      ui.show({psnr: restorationPsnr(pair, last(run).x), psnr_in: restorationPsnr(pair, pair.xIn)});
    };
  },
};
