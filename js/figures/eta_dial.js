// The fresh noise of one step, in one dimension: x0 is -1 or 1 and x_in 0.5, so every density is a sum of two normals.
import {range, record} from '../math/arrays.js';
import {POSTERIORS, posteriorVariance, reverseStep} from '../math/diffusion.js';
import {ExactPredictor} from '../math/exact.js';
import {scheduleAt} from '../math/schedules.js';
import {Axes} from '../ui/axes.js';
import {SCHEDULE_STATE} from '../ui/controls.js';
import {div, hyphened, legendEntry, note} from '../ui/dom.js';
import {COLORS} from '../ui/style.js';

const MODES = [-1, 1];
const INPUT = .5;
const DENSITY_MAX = 1.5;
const GRID = range(241, i => -3 + i/40);
const NAMES = Object.keys(POSTERIORS);

// the color and the width of a posterior's curve
const CURVES = [[COLORS.res, 5], [COLORS.eps, 3], [COLORS.x0, 1.5]];
const curveOf = name => CURVES[NAMES.indexOf(name) % CURVES.length];

const normalDensity = (x, mean, variance) => Math.exp(-((x - mean)**2)/(2*variance))/Math.sqrt(2*Math.PI*variance);

// {mean, sigma} after one step from the state x, for each posterior; null where it does not exist
export const stepDistributions = (schedule, t, s, eta, x) => {
  const [from, to] = [scheduleAt(schedule, t), scheduleAt(schedule, s)];
  const state = Float64Array.of(x);
  const estimate = new ExactPredictor(MODES, MODES.length).predict(state, Float64Array.of(INPUT), ...from);
  return record(NAMES, name => {
    const variance = posteriorVariance(name, from, to, eta);
    if (Number.isNaN(variance)) return null;
    return {mean: reverseStep(state, estimate, from, to, variance)[0], sigma: Math.sqrt(variance)};
  });
};

const clipped = density => GRID.map(x => [x, Math.min(DENSITY_MAX, density(x))]);

// the density of all states at a point, as a curve
const marginal = ([abar, bbar]) => {
  const variance = Math.max(bbar*bbar, 1e-4);
  const density = (x, mode) => normalDensity(x, (1 - abar)*mode + INPUT*abar, variance);
  return clipped(x => MODES.reduce((total, mode) => total + .5*density(x, mode), 0));
};

// a normal density as a curve, an upright line where it is too narrow to be drawn
const normalCurve = ({mean, sigma}) =>
  sigma > .02 ? clipped(x => normalDensity(x, mean, sigma**2)) : [[mean, 0], [mean, DENSITY_MAX]];

const layOutEtaDial = (ui, axes) => {
  ui.slider('eta', 'η', 0, 1, .01);
  ui.slider('x', 'the state at t', -2.5, 2.5, .05);
  ui.slider('s', 'to s/T', 0, .95, .01);
  ui.fold();
  ui.slider('t', 'from t/T', .05, 1, .01);
  ui.familySelect();
  ui.familySettings();
  const legend = NAMES.map(name => legendEntry(curveOf(name)[0], hyphened(name)));
  const numbers = ui.numbers(record(NAMES, name => `${hyphened(name)} σ`));
  ui.root.append(div('wide', axes.svg),
    note('grey: all states at t; dashed: all states at s; ', legend), div('row', numbers));
};

export const etaDial = {
  state: {...SCHEDULE_STATE, family: 'circle', t: .7, s: .4, eta: 1, x: .2},
  stories: {
    'no fresh noise': {eta: 0}, 'all of it': {eta: 1}, 'a short step': {t: .7, s: .65},
    'a long step': {t: .7, s: .1}, 'no bridge here': {family: 'power'},
  },
  tip: 'One state, one step: the colored curves say where it may land. Without fresh noise they are lines: the step '
    + 'is certain. The more of it, the wider they are; the dashed curve, of all states at s, stays the same.',
  draw(ui) {
    const labels = {xLabel: 'value of the one pixel', yLabel: 'density', label: 'densities before and after a step'};
    const axes = new Axes({xRange: [-3, 3], yMax: DENSITY_MAX, width: 640, height: 280, ...labels});
    layOutEtaDial(ui, axes);
    return () => {
      const [schedule, t, x] = [ui.schedule(), ui.get('t'), ui.get('x')];
      const s = Math.min(ui.get('s'), t);
      axes.clear();
      axes.curve(marginal(scheduleAt(schedule, t)), '#8a8a8a');
      axes.curve(marginal(scheduleAt(schedule, s)), 'currentColor', {'stroke-dasharray': '6 4', 'stroke-width': 1.5});
      axes.dot([x, 0], '#8a8a8a', {r: 7});
      axes.text([x, 0], 'state');
      for (const [name, normal] of Object.entries(stepDistributions(schedule, t, s, ui.get('eta'), x))) {
        const [color, width] = curveOf(name);
        ui.show({[name]: normal ? normal.sigma.toFixed(4) : 'does not exist'});
        if (normal) axes.curve(normalCurve(normal), color, {'stroke-width': width});
      }
    };
  },
};
