// Sampling along a path.
import {posteriorVariance, reverseStep} from './diffusion.js';

// a run along a path, for whoever has the estimates: it yields {x, point} where it needs {x0, res, eps}, and returns
// the list of {x, x0}, states and, but for the last, the estimates of the clean image there
export const samplingRun = function* (xT, path, {eta = 0, posterior = 'sum_constrained', randn = null} = {}) {
  const run = [{x: xT}];
  for (let i = 0; i + 1 < path.length; i++) {
    const {x} = run[i];
    const estimate = yield {x, point: path[i]};
    const variance = posteriorVariance(posterior, path[i], path[i + 1], eta) || 0;
    run[i].x0 = estimate.x0;
    run.push({x: reverseStep(x, estimate, path[i], path[i + 1], variance, variance > 0 ? randn(x.length) : null)});
  }
  return run;
};

// the run with the estimates of a model
export const sampleSteps = (model, xT, xIn, path, options) => {
  const run = samplingRun(xT, path, options);
  let stop = run.next();
  while (!stop.done) stop = run.next(model.predict(stop.value.x, xIn, ...stop.value.point));
  return stop.value;
};
