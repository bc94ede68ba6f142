// Paths: lists of points [abar, bbar] from the start of a run to the clean image at [0, 0].
import {cumulativeSum, last, range} from './arrays.js';
import {isClean} from './diffusion.js';
import {schedulePoints, timesteps} from './schedules.js';

export const distance = ([x, y], [x2, y2]) => Math.hypot(x - x2, y - y2);

// the path with the clean end added, if it lacks it
export const toClean = path => isClean(last(path)) ? path : [...path, [0, 0]];

// straight lines through the corners and on to the clean image, in steps of equal length
export const drawPath = (corners, steps = 50) => {
  const ends = toClean(corners);
  const lengths = cumulativeSum(ends.slice(1).map((end, i) => distance(end, ends[i])));
  let i = 0;
  return range(steps + 1, step => {
    if (step === steps) return [0, 0];
    const covered = last(lengths)*step/steps;
    while (i < ends.length - 2 && lengths[i + 1] < covered) i++;
    const share = lengths[i + 1] > lengths[i] ? (covered - lengths[i])/(lengths[i + 1] - lengths[i]) : 0;
    return [0, 1].map(axis => ends[i][axis] + share*(ends[i + 1][axis] - ends[i][axis]));
  });
};

export const ORDERS = ['together', 'residual_first', 'noise_first'];

// the points that a run along a schedule visits, residual and noise removed in one of three orders
export const samplingPath = (schedule, steps, order = 'together') => {
  const T = schedule.abar.length - 1;
  const points = schedulePoints(schedule);
  if (order === 'together') return timesteps(T, steps).map(t => points[t]);
  const half = Math.floor(steps/2);
  const first = timesteps(T, steps - half).slice(1).map(t => points[t]);
  const second = timesteps(T, half).slice(1, -1).map(t => points[t]);
  const [abarT, bbarT] = points[T];
  const between = order === 'residual_first'
    ? [...first.map(([abar]) => [abar, bbarT]), ...second.map(([, bbar]) => [0, bbar])]
    : [...first.map(([, bbar]) => [abarT, bbar]), ...second.map(([abar]) => [abar, 0])];
  return [[abarT, bbarT], ...between, [0, 0]];
};

// the rest of a path from a step on, in one of three orders
export const branchPath = (path, step, order) => {
  const [abar, bbar] = path[step];
  const left = path.length - 1 - step;
  if (order === 'together' || left < 2) return path.slice(step);
  return drawPath([[abar, bbar], order === 'residual_first' ? [0, bbar] : [abar, 0], [0, 0]], left);
};

// fewer points, none of those left out further than the tolerance from the line (Douglas-Peucker)
export const simplify = (path, tolerance = .03) => {
  if (path.length < 3) return path;
  const [start, end] = [path[0], last(path)];
  const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
  const length = Math.hypot(dx, dy) || 1e-9;
  const offsets = path.map(([x, y]) => Math.abs(dx*(start[1] - y) - (start[0] - x)*dy)/length);
  const furthest = offsets.indexOf(Math.max(...offsets));
  if (offsets[furthest] <= tolerance) return [start, end];
  const [before, after] = [path.slice(0, furthest + 1), path.slice(furthest)];
  return [...simplify(before, tolerance).slice(0, -1), ...simplify(after, tolerance)];
};
