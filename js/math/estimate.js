// The estimate that follows from a predicted residual.
import {clamp} from './arrays.js';

// {x0, res, eps} with x0 kept an image; eps is null where there is no noise
export const estimateFromResidual = (predicted, x, xIn, [abar, bbar]) => {
  const x0 = new Float64Array(x.length);
  const res = new Float64Array(x.length);
  const eps = bbar === 0 ? null : new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    x0[i] = clamp(xIn[i] - predicted[i], -1, 1);
    res[i] = xIn[i] - x0[i];
    if (eps) eps[i] = (x[i] - x0[i] - abar*res[i])/bbar;
  }
  return {x0, res, eps};
};
