// A handle for pointer and arrow keys.
import {build, said, svg, twoDigits} from './dom.js';

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
const KEY_STEP = .02;

// the point that an arrow key leads to, null for other keys; with shift it goes five times as far
const keyTarget = (event, [x, y], axes) => {
  const direction = ARROWS[event.key];
  if (!direction) return null;
  const step = event.shiftKey ? 5*KEY_STEP : KEY_STEP;
  return axes.clampPoint([x + direction[0]*step, y + direction[1]*step]).map(v => +v.toFixed(4));
};

// a circle that stands where getPoint says and asks movePoint to move; sync() puts it there
export const handle = (axes, color, label, getPoint, movePoint) => {
  const claim = event => {
    event.preventDefault();
    event.stopPropagation();
  };
  const onkeydown = event => {
    const target = keyTarget(event, getPoint(), axes);
    if (!target) return;
    claim(event);
    movePoint(target);
  };
  const onpointerdown = event => {
    claim(event);
    circle.focus();
    circle.setPointerCapture(event.pointerId);
    circle.onpointermove = move => movePoint(axes.pointOf(move));
  };
  const release = () => {
    circle.onpointermove = null;
  };
  const circle = svg('circle', {
    class: 'knob', r: 9, fill: color, tabindex: 0, role: 'slider',
    'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': 1,
    onkeydown, onpointerdown, onpointerup: release, onpointercancel: release,
  });
  circle.sync = () => {
    const [x, y] = getPoint();
    const text = said('abar {0}, bbar {1}', twoDigits(x), twoDigits(y));
    build(circle, {cx: axes.px(x), cy: axes.py(y), 'aria-valuenow': +x.toFixed(3), 'aria-valuetext': text}, []);
  };
  return circle;
};
