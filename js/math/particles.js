// Generation in two dimensions: particles that walk to eight places on a ring, the data.
import {range, last, sum} from './arrays.js';
import {ExactPredictor} from './exact.js';
import {distance} from './paths.js';
import {normals} from './random.js';
import {sampleSteps} from './sampling.js';

const COUNT = 64;
export const RING = range(8, k => [Math.cos(k*Math.PI/4), Math.sin(k*Math.PI/4)]);

// the trajectories of all particles, their mean distance from the data at the end, and how many places they reach
export const particles = (path, seed, solver) => {
  const model = new ExactPredictor(RING.flat(), RING.length, {std: .05});
  const eps = normals(seed)(2*COUNT);
  const [abar, bbar] = path[0];
  const start = i => Float64Array.from(RING[i % RING.length], (v, axis) => (1 - abar)*v + bbar*eps[2*i + axis]);
  const trajectories = range(COUNT, i => sampleSteps(model, start(i), null, path, {solver}).map(step => step.x));
  const ends = trajectories.map(last);
  const offsets = ends.map(end => Math.min(...RING.map(mode => distance(mode, end))));
  const reached = new Set(ends.map(end => RING.findIndex(mode => distance(mode, end) < .1)));
  reached.delete(-1);
  return {trajectories, distance: sum(offsets)/COUNT, modes: reached.size};
};
