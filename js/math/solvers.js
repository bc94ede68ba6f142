// Solvers: the estimate that a step shall use, from the one at its start.
import {isClean, reverseStep} from './diffusion.js';

// lambda = log((1 - abar)/bbar): the log of how much clean image there is for the noise
const lambda = ([abar, bbar]) => Math.log((1 - abar)/bbar);

// The registry of solvers. The step is {x, from, to}, before is {point, x0} of the one before; who has the estimates
// answers what a solver yields
export const SOLVERS = {
  * euler(estimate) {
    return estimate;
  },
  // the mean of the estimates at both ends of Euler's step
  * heun(estimate, {x, from, to}) {
    if (isClean(to) || (from[1] === 0) !== (to[1] === 0)) return estimate;
    const there = yield {x: reverseStep(x, estimate, from, to), point: to};
    const mean = part => estimate[part]?.map((v, i) => (v + there[part][i])/2);
    return {x0: mean('x0'), res: mean('res'), eps: mean('eps')};
  },
  // the mean over the step of the line through the last two estimates of the clean image, in lambda
  * multistep({x0, res, eps}, {from, to}, before) {
    const h = lambda(to) - lambda(from);
    const back = before ? lambda(from) - lambda(before.point) : NaN;
    if (!Number.isFinite(h) || !Number.isFinite(back)) return {x0, res, eps};
    const share = (h/-Math.expm1(-h) - 1)/back;
    const moved = (values, scale) => values.map((v, i) => v + scale*share*(x0[i] - before.x0[i]));
    return {x0: moved(x0, 1), res: moved(res, -1), eps: moved(eps, (from[0] - 1)/from[1])};
  },
};

// the solver for a path: multistep divides by how far the noise level moves, so Euler's where it stands still
export const solverFor = (solver, path) => {
  const stays = (to, i) => Math.abs(lambda(to) - lambda(path[i])) < 1e-9;
  const still = path.every(([, bbar]) => bbar === 0) || path.slice(1).some(stays);
  return solver === 'multistep' && still ? 'euler' : solver;
};
