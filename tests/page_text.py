"""What a browser measures of the words on a page: `FAINT` lists those that are too faint or too small.

Every visible text node is asked, those of living figures in their shadow roots too: the colour it is drawn in, with
its transparency, and the ground, all layers of background below it put on each other (WCAG 2)."""

# [what, contrast, colour, ground, pixels, words] of each text below 4.5 to 1 or 8 points
FAINT = r"""() => {
  const parent = e => e.parentElement || e.getRootNode().host || null;
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const read = color => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a/255] };
  const over = (top, low) => top.slice(0, 3).map((v, i) => v*top[3] + low[i]*(1 - top[3]));
  const paper = () => matchMedia('(prefers-color-scheme: dark)').matches && getComputedStyle(document.documentElement)
    .colorScheme.includes('dark') ? [18, 18, 18] : [255, 255, 255];
  const layers = e => { const found = [];
    for (let x = e; x; x = parent(x)) { const c = read(getComputedStyle(x).backgroundColor); found.push(c);
      if (c[3] > .99) break }
    return found.reverse() };
  const ground = e => layers(e).reduce((low, top) => over(top, low), paper());
  const fades = e => { let o = 1; for (let x = e; x; x = parent(x)) o *= +getComputedStyle(x).opacity; return o };
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .03928 ? v/12.92 : ((v + .055)/1.055)**2.4);
    return .2126*r + .7152*g + .0722*b };
  const contrast = (a, b) => { const [low, high] = [light(a), light(b)].sort((p, q) => p - q);
    return (high + .05)/(low + .05) };
  const shown = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true})
    && e.getBoundingClientRect().width > 1 && !e.closest('.katex, script, style, option, title, [disabled]');
  const out = [];
  const ask = (e, words) => {
    const style = getComputedStyle(e), frame = e.ownerSVGElement && e.getScreenCTM(), low = ground(e);
    const ink = read(frame ? style.fill : style.color), size = parseFloat(style.fontSize);
    ink[3] *= fades(e);
    const px = frame ? size*Math.hypot(frame.a, frame.b) : size, k = contrast(over(ink, low), low);
    if (k >= 4.495 && (px > 10.6 || e.closest('sup, sub'))) return;
    const name = x => x.tagName.toLowerCase() + [...x.classList].map(c => '.' + c).join('');
    out.push([`${name(parent(e))} ${name(e)}`, Math.round(k*100)/100, over(ink, low).map(Math.round).join(),
              low.map(Math.round).join(), Math.round(px*10)/10, words.slice(0, 40)]) };
  const walk = root => { const nodes = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let n = nodes.nextNode(); n; n = nodes.nextNode()) {
      if (n.shadowRoot) walk(n.shadowRoot);
      const words = n.nodeType == 3 ? n.data.trim() : '';
      if (words && n.parentElement && shown(n.parentElement)) ask(n.parentElement, words) } };
  walk(document.body);
  return out }"""
