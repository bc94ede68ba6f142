// Colors, letters and the style sheet.

// of the residual, the noise, the clean image and everything else
export const COLORS = {res: '#e07b00', eps: '#3b82d0', x0: '#2e9e5b', other: '#9b59b6'};

// of things side by side
export const TINTS = ['#12a3a3', '#d6457f', '#a08a00', '#7a6ff0', '#b5651d'];

const FONT = 'system-ui, sans-serif';

// how wide a name in a drawing is
export const nameWidth = (name, size, isBold) => {
  const context = document.createElement('canvas').getContext('2d');
  context.font = `${isBold ? 700 : 400} ${size}px ${FONT}`;
  return context.measureText(name).width;
};

export const CSS = `
  :host, .fig { display: block; }
  .fig { font: 15px/1.45 ${FONT}; color: inherit; margin: .6rem 0; container-type: inline-size; }
  .fig * { box-sizing: border-box; }
  .row { display: flex; flex-wrap: wrap; gap: .6rem 1.1rem; align-items: flex-start; }
  .pad { flex: 1 1 17rem; min-width: 0; max-width: 30rem; }
  .side { flex: 1 1 12rem; min-width: 0; }
  svg { display: block; width: 100%; height: auto; overflow: visible; }
  svg text { fill: currentColor; font-size: 13px; }
  svg.touch { touch-action: none; cursor: crosshair; }
  .axis, .grid { stroke: currentColor; stroke-width: 1; fill: none; }
  .grid { opacity: .18; }
  .curve { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
  .knob { cursor: grab; stroke: #fff; stroke-width: 2; }
  .knob:focus-visible, canvas:focus-visible, button:focus-visible {
    outline: 3px solid ${COLORS.eps}; outline-offset: 2px;
  }
  .controls {
    display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: .25rem 1rem;
    margin: .4rem 0;
  }
  label { display: flex; gap: .5rem; align-items: center; min-height: 2rem; }
  label span { flex: 0 1 auto; }
  label output { flex: 0 0 3.2rem; text-align: right; font-variant-numeric: tabular-nums; }
  input[type=range] { flex: 1 1 4rem; min-width: 3rem; accent-color: ${COLORS.eps}; height: 1.6rem; }
  select, button {
    font: inherit; color: inherit; background: transparent; border: 1px solid currentColor; border-radius: 5px;
    padding: .15rem .5rem; min-height: 1.9rem; max-width: 100%;
  }
  select { flex: 1 1 auto; min-width: 0; }
  option { color: CanvasText; background: Canvas; }
  button { cursor: pointer; }
  canvas { display: block; width: 100%; height: auto; border: 1px solid #8888; }
  figure { margin: 0; }
  figcaption, .note { font-size: 13px; }
  .pics { display: flex; flex-wrap: wrap; gap: .5rem; }
  .pics figure { flex: 1 1 4.5rem; }
  .row > .pics { flex: 2 1 18rem; }
  .frames { display: grid; grid-template-columns: repeat(auto-fit, minmax(4.5rem, 1fr)); gap: .5rem; }
  .stories { display: flex; flex-wrap: wrap; gap: .4rem; margin: .4rem 0; }
  button[aria-pressed=true] { background: ${COLORS.eps}33; border-width: 2px; }
  details { margin: .3rem 0; }
  summary { cursor: pointer; }
  .bar { height: 7px; background: #8884; margin-top: 3px; }
  .bar i { display: block; height: 100%; }
  dl { display: grid; grid-template-columns: auto auto; gap: .1rem .8rem; margin: .4rem 0; width: fit-content; }
  dt, dd { margin: 0; }
  dd { font-variant-numeric: tabular-nums; text-align: right; }
  .strip { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(3.5rem, 6rem); gap: 4px; }
  .strip { overflow-x: auto; padding: 2px; }
  .film {
    --whole: var(--n)*(3.5rem + 4px); --half: 100%/var(--row) - 4px;
    display: grid; gap: 4px; padding: 2px;
    grid-template-columns: repeat(auto-fit, minmax(max(3.5rem, min(var(--half), (var(--whole) - 100%)*999)), 1fr));
  }
  .key { display: inline-block; width: .8em; height: .8em; margin-right: .35em; border-radius: 2px; }
  .entry { white-space: nowrap; margin-right: 1em; }
  ul { list-style: none; margin: .2rem 0; padding: 0; }
  .line { cursor: pointer; outline: none; }
  .line .curve { opacity: .65; stroke-width: 2; }
  .line:is(:hover, :focus-visible) .curve { opacity: 1; stroke-width: 5; }
  .touched { fill: none; stroke-width: 14; pointer-events: stroke; }
  .still, svg .name { pointer-events: none; }
  svg .name { paint-order: stroke; stroke: var(--page, Canvas); stroke-width: 4px; stroke-linejoin: round; }
  svg .chosen { font-weight: 700; }
  @container (max-width: 38rem) { svg text { font-size: 15px; } }
  @container (max-width: 30rem) { .wide svg text { font-size: 21px; } svg .name:not(.chosen) { display: none; } }
  @media print { .fig { break-inside: avoid; } }
`;
