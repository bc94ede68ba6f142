// Sampling along a path.
import {posteriorVariance, reverseStep} from './diffusion.js';
import {SOLVERS} from './solvers.js';

// a run along a path, for whoever has the estimates: it yields {x, point} where it needs {x0, res, eps}, and returns
// the list of {x, x0}, states and, but for the last, the estimates of the clean image there
export const samplingRun = function* (xT, path, options = {}) {
  const {eta = 0, posterior = 'sum_constrained', randn = null, solver = 'euler'} = options;
  const run = [{x: xT}];
  for (let i = 0; i + 1 < path.length; i++) {
    const [{x}, from, to] = [run[i], path[i], path[i + 1]];
    const estimated = yield {x, point: from};
    const variance = posteriorVariance(posterior, from, to, eta) || 0;
    run[i].x0 = estimated.x0;
    const estimate = yield* SOLVERS[solver](estimated, {x, from, to}, i && {point: path[i - 1], x0: run[i - 1].x0});
    run.push({x: reverseStep(x, estimate, from, to, variance, variance > 0 ? randn(x.length) : null)});
  }
  return run;
};

// the run with the estimates of a model, and how many there were
export const sampleSteps = (model, xT, xIn, path, options) => {
  const run = samplingRun(xT, path, options);
  let stop = run.next();
  let evaluations = 0;
  for (; !stop.done; evaluations++) stop = run.next(model.predict(stop.value.x, xIn, ...stop.value.point));
  return Object.assign(stop.value, {evaluations});
};
