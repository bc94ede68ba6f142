// All families of schedules: curves on the plane and against time, pinned for comparison.
import {last} from '../math/arrays.js';
import {rho, scheduleAt, schedulePoints, scheduleTitle} from '../math/schedules.js';
import {Axes} from '../ui/axes.js';
import {SCHEDULE_STATE} from '../ui/controls.js';
import {button, colorKey, div, h, legendEntry, said} from '../ui/dom.js';
import {COLORS, TINTS} from '../ui/style.js';

const Y_MAX = 2;
const MOST_PINS = 4;

// about a hundred points of a schedule, the last one among them
const thinned = schedule => {
  const points = schedulePoints(schedule);
  const step = Math.max(1, Math.ceil((points.length - 1)/100));
  return [...points.slice(0, -1).filter((_, t) => t % step === 0), last(points)];
};

// values at the nodes as points (t/T, value), without those that do not fit on the axes
const overTime = values => {
  const T = values.length - 1;
  const step = Math.ceil(T/100);
  const points = Array.from(values, (value, t) => [t/T, value]);
  return points.filter(([, v], t) => Number.isFinite(v) && v <= Y_MAX && (t % step === 0 || t === T));
};

const rhoText = ([abar, bbar]) => {
  if (abar === 1) return bbar === 0 ? 'undefined' : '∞';
  return (bbar/(1 - abar)).toFixed(4);
};

const legend = () => {
  const coefficients = [[COLORS.res, 'ᾱ'], [COLORS.eps, 'β̄'], [COLORS.other, 'ρ = β̄/(1−ᾱ)']];
  return div('note', coefficients.map(([color, words]) => legendEntry(color, words)),
    '□ SM-N divides by 1−ᾱ = 0\u2003△ SM-Res divides by β̄ = 0\u2003● start\u2003○ clean');
};

const layOutScheduleExplorer = (ui, plane, time, list) => {
  ui.familySelect();
  ui.slider('u', 'where: t/T', 0, 1, .01);
  ui.fold();
  ui.familySettings();
  const curve = settings => JSON.stringify(thinned(ui.schedule(settings)));
  const pin = () => {
    const known = ui.get('pins').map(settings => curve({...ui.settings(), ...settings}));
    if (known.includes(curve(ui.settings()))) return;
    ui.set({pins: [...ui.get('pins'), ui.settings()].slice(-MOST_PINS)});
  };
  const pins = h('div', {},
    button('pin this curve', pin), ' ', button('clear pins', () => ui.set({pins: []})), list);
  const numbers = ui.numbers({abar: 'ᾱ', bbar: 'β̄', rho: 'ρ', end: 'starts from (ᾱ, β̄)'});
  const axes = div('row', div('pad', plane.svg), div('pad', time.svg));
  ui.root.append(axes, legend(), div('row', numbers, pins));
};

const drawPins = (ui, plane, list) => {
  list.replaceChildren();
  ui.get('pins').forEach((pin, i) => {
    const settings = {...ui.settings(), ...pin};
    plane.curve(thinned(ui.schedule(settings)), TINTS[i], {'stroke-dasharray': '7 7', 'stroke-dashoffset': 7*i});
    list.append(h('li', {}, colorKey(TINTS[i]), said(...scheduleTitle(settings))));
  });
};

// the ends of a schedule, and where the two other samplers divide by zero
const drawEnds = (plane, [abar, bbar]) => {
  const outline = color => ({fill: 'none', stroke: color});
  const triangle = x => plane.mark('path',
    {d: `M${plane.px(x) - 11} ${plane.py(0) + 8}h22l-11 -20z`, ...outline(COLORS.eps)});
  const square = {x: plane.px(abar) - 9, y: plane.py(bbar) - 9, width: 18, height: 18};
  plane.dot([0, 0], 'none', {stroke: COLORS.x0, 'stroke-width': 3, r: 6});
  plane.dot([abar, bbar], 'currentColor', {r: 4.5});
  triangle(0);
  if (abar === 1) plane.mark('rect', {...square, ...outline(COLORS.res)});
  if (bbar === 0) triangle(abar);
};

const drawTime = (time, schedule, u) => {
  time.clear();
  time.curve(overTime(rho(schedule)), COLORS.other);
  time.curve(overTime(schedule.abar), COLORS.res);
  time.curve(overTime(schedule.bbar), COLORS.eps, {'stroke-dasharray': '8 6'});
  time.curve([[u, 0], [u, Y_MAX]], 'currentColor', {'stroke-width': 1, 'stroke-dasharray': '3 3'});
};

export const scheduleExplorer = {
  state: {...SCHEDULE_STATE, u: .5, pins: []},
  stories: {
    'a straight line': {family: 'line', bbar_T: 1}, 'the residual late': {family: 'power', side_res: 'x', a_res: 3},
    'the residual early': {family: 'power', side_res: '1-x', a_res: 3}, 'a bridge': {family: 'bridge'},
    'generation: DDIM': {family: 'ddim linear'},
  },
  tip: 'The solid curve is the way of a run: it begins at the dot and ends at the ring. Move “where” along it, and '
    + 'pin a curve to compare it with the next.',
  draw(ui) {
    const plane = new Axes({yMax: Y_MAX, label: 'schedules on the plane'});
    const labels = {xLabel: 'time t/T', yLabel: 'coefficients', label: 'coefficients against time'};
    const time = new Axes({yMax: Y_MAX, ...labels});
    const list = h('ul', {'aria-label': 'pinned curves'});
    layOutScheduleExplorer(ui, plane, time, list);
    return () => {
      const [schedule, u] = [ui.schedule(), ui.get('u')];
      const point = scheduleAt(schedule, u);
      const end = last(schedulePoints(schedule));
      plane.clear();
      drawPins(ui, plane, list);
      plane.curve(thinned(schedule), 'currentColor');
      drawEnds(plane, end);
      plane.dot(point, COLORS.other, {r: 6});
      drawTime(time, schedule, u);
      const [abar, bbar] = point.map(v => v.toFixed(4));
      ui.show({abar, bbar, rho: rhoText(point), end: `(${end.map(v => +v.toFixed(3)).join(', ')})`});
    };
  },
};
