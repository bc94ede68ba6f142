// A path drawn by hand: what it makes of particles and of an image.
import {clamp, last, record} from '../math/arrays.js';
import {particles, RING} from '../math/particles.js';
import {distance, drawPath, simplify} from '../math/paths.js';
import {SOLVERS, solverFor} from '../math/solvers.js';
import {Axes, newId} from '../ui/axes.js';
import {button, div, h, said, svg} from '../ui/dom.js';
import {handle} from '../ui/handle.js';
import {captioned, drawImage, imageCanvas, restorationPsnr, runStrip, syncChildren} from '../ui/images.js';
import {COLORS, TINTS} from '../ui/style.js';

const STRAIGHT = [[1, 1], [.5, .5], [0, 0]];
const MANY = {steps: 40, solver: 'euler', at: 1};
const PRESETS = {
  straight: STRAIGHT,
  'quarter circle': [[1, 1], [.6, .916], [.3, .714], [.1, .436], [0, 0]],
  'residual first: all eight': [[1, 1], [0, 1], [0, 0]],
  'noise first: the average': [[1, 1], [1, 0], [0, 0]],
};

// the corners, rounded, from abar = 1 to the clean image
const pinned = corners => {
  const between = corners.slice(1, -1);
  return [[1, corners[0][1]], ...between, [0, 0]].map(point => point.map(v => +v.toFixed(3)));
};

// the corners and one more, halfway along the last line
const withOneMore = corners => {
  const [[x, y], [x2, y2]] = corners.slice(-2);
  return [...corners.slice(0, -1), [(x + x2)/2, (y + y2)/2], last(corners)];
};

const cloudCanvas = () => h('canvas', {
  width: 300, height: 300, role: 'img', 'aria-label': 'particles walking to eight places on a ring',
  style: 'max-width:200px;flex-basis:10rem',
});

// the particles' trajectories up to a step, and the ring
const drawCloud = (canvas, states, step) => {
  const context = canvas.getContext('2d');
  const [middle, scale] = [canvas.width/2, canvas.width/4.4];
  const circle = (x, y, radius) => {
    context.beginPath();
    context.arc(middle + scale*x, middle - scale*y, radius, 0, 7);
  };
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.lineWidth = 1;
  for (let i = 0; i < states[0].length; i += 2) {
    context.strokeStyle = TINTS[i/2 % TINTS.length] + '70';
    context.beginPath();
    for (const state of states.slice(0, step + 1)) context.lineTo(middle + scale*state[i], middle - scale*state[i + 1]);
    context.stroke();
  }
  context.strokeStyle = COLORS.x0;
  context.lineWidth = 3;
  for (const [x, y] of RING) {
    circle(x, y, 9);
    context.stroke();
  }
  context.fillStyle = getComputedStyle(canvas).color;
  const now = states[step];
  for (let i = 0; i < now.length; i += 2) {
    circle(now[i], now[i + 1], 3);
    context.fill();
  }
};

// a glow around the point (1, 0), drawn below the curves
const addGlow = axes => {
  const id = newId('glow');
  const stop = (offset, opacity) => svg('stop', {offset, 'stop-color': '#ffb020', 'stop-opacity': opacity});
  const gradient = svg('defs', {}, svg('radialGradient', {id}, stop(0, .95), stop(1, 0)));
  const disc = svg('circle', {cx: axes.px(1), cy: axes.py(0), r: 46, fill: `url(#${id})`});
  const glow = svg('g', {}, gradient, disc);
  axes.svg.insertBefore(glow, axes.curves);
  return glow;
};

// a line dragged over the axes becomes the path
const drawByPointer = (axes, setCorners) => {
  let drawn = null;
  axes.svg.addEventListener('pointerdown', event => {
    event.preventDefault();
    axes.svg.setPointerCapture(event.pointerId);
    drawn = [axes.pointOf(event)];
  });
  axes.svg.addEventListener('pointermove', event => {
    if (!drawn) return;
    drawn.push(axes.pointOf(event));
    axes.curve(drawn, COLORS.other, {opacity: .5});
  });
  axes.svg.addEventListener('pointerup', () => {
    if (drawn?.length > 4) setCorners(simplify([[1, drawn[0][1]], ...drawn.slice(1), [0, 0]]));
    drawn = null;
  });
};

// one handle for each corner but the last
const syncHandles = (ui, axes, handles) => {
  const corners = ui.get('points');
  const move = (i, point) => {
    const moved = [...ui.get('points')];
    moved[i] = point;
    ui.set({points: pinned(moved)});
  };
  const cornerHandle = i => {
    const [color, label] = i ? [COLORS.other, said('point {0} of the path', i)] : [COLORS.res, 'start of the path'];
    return handle(axes, color, label, () => ui.get('points')[i] || [0, 0], point => move(i, point));
  };
  for (const child of syncChildren(handles, corners.slice(1), cornerHandle)) child.sync();
};

const layOutPathPad = (ui, axes, cloud, images, film) => {
  ui.slider('at', 'how far along the path', 0, 1, .01);
  ui.slider('steps', 'steps', 2, 80, 1);
  ui.select('solver', 'solver', Object.keys(SOLVERS));
  ui.fold();
  ui.pairSelect();
  ui.seedSlider();
  const addPoint = () => ui.set({points: pinned(withOneMore(ui.get('points')))});
  ui.controls.append(button('add a point', addPoint));
  const numbers = ui.numbers({
    distance: 'particles: distance to the data', modes: 'places reached, of 8', evaluations: 'evaluations',
    psnr: 'image: PSNR, dB', psnr_in: 'its input: PSNR, dB',
  });
  const results = div('pics', captioned(cloud, 'particles'), captioned(images.x, 'restored'),
    captioned(images.xIn, 'input'), captioned(images.x0, 'clean'));
  const side = div('side', results, numbers);
  ui.root.append(div('row', div('pad', axes.svg), side), film);
};

const drawAxes = (axes, glow, path, step) => {
  axes.clear();
  axes.curve(path, COLORS.other);
  axes.dot([0, 0], COLORS.x0, {r: 7});
  axes.text([0, 0], 'clean');
  axes.dot(path[step], 'currentColor');
  const nearest = Math.min(...path.map(point => distance(point, [1, 0])));
  glow.setAttribute('opacity', clamp(1.1 - nearest, .25, 1));
};

const drawRestoration = (ui, images, film, run, step) => {
  const pair = ui.pair();
  drawImage(images.x0, pair.x0);
  drawImage(images.xIn, pair.xIn);
  drawImage(images.x, run[step].x);
  film.show(run, 'the image along the path');
  ui.show({psnr: restorationPsnr(pair, last(run).x), psnr_in: restorationPsnr(pair, pair.xIn)});
};

export const pathPad = {
  state: {...MANY, points: STRAIGHT, pair: 0, seed: 1},
  payload: true,
  stories: {
    ...record(Object.keys(PRESETS), name => ({...MANY, points: PRESETS[name]})),
    'five steps': {...MANY, points: STRAIGHT, steps: 5},
    'five of second order': {...MANY, points: STRAIGHT, steps: 5, solver: 'heun'},
  },
  tip: 'Drag a line from the right edge to the corner at the left, or move its points by hand or arrow keys. Try to '
    + 'pass the glowing corner: nothing is left there but the input, all particles meet, and none finds its place '
    + 'again. Take five steps: the particles stop short of their places. Multistep brings them nearer at no price, '
    + 'heun still nearer, but asks twice a step.',
  draw(ui) {
    const label = 'draw a path from the right to the clean image';
    const axes = new Axes({yMax: 1.5, draggable: true, label});
    const images = {
      x0: imageCanvas('the clean image'), xIn: imageCanvas('the input'),
      x: imageCanvas('the image restored along the path'),
    };
    const [cloud, handles, film] = [cloudCanvas(), svg('g'), runStrip()];
    const glow = addGlow(axes);
    axes.svg.append(handles);
    drawByPointer(axes, corners => ui.set({points: pinned(corners), at: 1}));
    layOutPathPad(ui, axes, cloud, images, film);
    return () => {
      const path = drawPath(ui.get('points'), ui.get('steps'));
      const step = Math.round(ui.get('at')*(path.length - 1));
      const solver = solverFor(ui.get('solver'), path);
      const seed = ui.get('seed');
      const swarm = ui.kept(['particles', path, seed, solver], () => particles(path, seed, solver));
      const run = ui.restore(path, solver);
      drawAxes(axes, glow, path, step);
      syncHandles(ui, axes, handles);
      drawRestoration(ui, images, film, run, step);
      drawCloud(cloud, swarm.states, step);
      const words = solver === ui.get('solver') ? '{0}' : '{0}, by euler: ρ stands still';
      const evaluations = said(words, run.evaluations);
      ui.show({distance: swarm.distance.toFixed(3), modes: swarm.modes, evaluations});
    };
  },
};
