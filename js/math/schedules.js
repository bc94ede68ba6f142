// Schedules {abar, bbar}: the coefficients of residual and noise at the nodes 0..T.
import {cumulativeSum, last, range, sum} from './arrays.js';

// T increments of the power family, which add up to 1; the side is 'x' (rising) or '1-x' (falling)
export const P = (side, exponent, T, grid = 'count') => {
  const x = range(T, i => grid === 'linspace' && T > 1 ? i/(T - 1) : (i + 1)/T);
  const weights = (side === 'x' ? x : x.reverse()).map(v => v**exponent);
  const total = sum(weights);
  return weights.map(w => w/total);
};

const fromIncrements = (alpha, beta2) => {
  const abar = cumulativeSum(alpha);
  if (Math.abs(last(abar) - 1) < 1e-6) abar[abar.length - 1] = 1;
  return {abar, bbar: cumulativeSum(beta2).map(Math.sqrt)};
};

const fromFunctions = (abar, bbar, T) => {
  const x = range(T + 1, i => i/T);
  return {abar: x.map(abar), bbar: x.map(bbar)};
};

// from the products of DDPM's alphas, where the input is zero
const fromAlphasCumprod = products => ({
  abar: [0, ...products.map(v => 1 - Math.sqrt(v))],
  bbar: [0, ...products.map(v => Math.sqrt(1 - v))],
});

export const power = (T = 1000, alpha = ['1-x', 1], beta2 = ['x', 1], bbarT = 1, grid = 'count') =>
  fromIncrements(P(...alpha, T, grid), P(...beta2, T, grid).map(v => bbarT**2*v));

export const line = (T = 1000, bbarT = 1) => fromFunctions(x => x, x => bbarT*x, T);

export const circle = (T = 1000) => {
  const schedule = fromFunctions(x => 1 - Math.cos(x*Math.PI/2), x => Math.sin(x*Math.PI/2), T);
  schedule.abar[T] = 1;
  return schedule;
};

export const bridge = (T = 1000, height = .5) => fromFunctions(x => x, x => 2*height*Math.sqrt(x*(1 - x)), T);

export const ddimLinear = (T = 1000, betaStart = 1e-4, betaEnd = .02) => {
  let product = 1;
  const beta = i => betaStart + (betaEnd - betaStart)*(T > 1 ? i/(T - 1) : 0);
  return fromAlphasCumprod(range(T, i => product *= 1 - beta(i)));
};

export const cosine = (T = 1000) => fromAlphasCumprod(range(T, i => Math.cos((i + 1)/T*Math.PI/2)**2));

const SIDES = [['x', 'x, rising'], ['1-x', '1−x, falling']];

// What can be set: the initial value, the label and the control, a slider's [min, max, step] or a list of options
export const SETTINGS = {
  side_res: {initial: '1-x', label: 'residual steps', options: SIDES},
  a_res: {initial: 1, label: 'residual exponent', limits: [0, 5, .1]},
  side_eps: {initial: 'x', label: 'noise steps', options: SIDES},
  a_eps: {initial: 1, label: 'noise exponent', limits: [0, 5, .1]},
  bbar_T: {initial: 1, label: 'noise at the start', limits: [0, 2, .05]},
  height: {initial: .5, label: 'height of the arch', limits: [.05, 1, .05]},
};

const powerTitle = s =>
  [`P(${s.side_res}, ${+s.a_res.toFixed(2)}), P(${s.side_eps}, ${+s.a_eps.toFixed(2)}), β̄ = ${s.bbar_T}`];

// The registry of families: which settings each asks for, the schedule they make and, if not its name, its title as
// words and values, and T, if its increments are those of so many steps
export const FAMILIES = {
  power: {
    settings: ['side_res', 'a_res', 'side_eps', 'a_eps', 'bbar_T'],
    make: s => power(s.T, [s.side_res, s.a_res], [s.side_eps, s.a_eps], s.bbar_T),
    title: powerTitle,
  },
  line: {settings: ['bbar_T'], make: s => line(s.T, s.bbar_T), title: s => ['line, β̄ = {0}', s.bbar_T]},
  circle: {settings: [], make: s => circle(s.T)},
  bridge: {settings: ['height'], make: s => bridge(s.T, s.height), title: s => ['bridge, {0}', s.height]},
  'ddim linear': {T: 1000, settings: [], make: s => ddimLinear(s.T)},
  cosine: {settings: [], make: s => cosine(s.T)},
};

// the schedule of {family, ...settings}
export const makeSchedule = settings => {
  const family = FAMILIES[settings.family];
  if (!family) throw new Error(`no family '${settings.family}': there are ${Object.keys(FAMILIES).join(', ')}`);
  return family.make({T: family.T ?? 400, ...settings});
};

export const scheduleTitle = settings => FAMILIES[settings.family]?.title?.(settings) ?? [settings.family];

// [abar, bbar] at all nodes
export const schedulePoints = schedule => schedule.abar.map((abar, t) => [abar, schedule.bbar[t]]);

// [abar, bbar] at the time u in [0, 1], between nodes on a straight line
export const scheduleAt = (schedule, u) => {
  const T = schedule.abar.length - 1;
  const t = Math.min(Math.floor(u*T), T - 1);
  const interpolate = values => values[t] + (u*T - t)*(values[t + 1] - values[t]);
  return [interpolate(schedule.abar), interpolate(schedule.bbar)];
};

// the nodes that a run of so many steps visits, from T to 0
export const timesteps = (T, steps) => range(steps + 1, i => Math.floor(T*(steps - i)/steps));

// the noise level at all nodes
export const rho = schedule => schedule.abar.map((abar, t) => schedule.bbar[t]/(1 - abar));
