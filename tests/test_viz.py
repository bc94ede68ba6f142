"Figures are legible: contrast of what is drawn and of the style sheet, size of the type, ground of the image"
import io
import re
import pytest
import torch
from PIL import Image
from places import ROOT
from rddm_nb import viz
from rddm_nb.schedule import Schedule
from rddm_nb.viz import COLORS, RenderedFigure, as_rgb, canvas, plot_plane, show_images

AA, LIGHT, DARK = 4.5, '#ffffff', '#272b30' # the contrast that is asked for, and the ground of either page


def brightness(color):
    "Relative luminance, WCAG 2"
    channels = [int(color[i:i + 2], 16)/255 for i in (1, 3, 5)]
    return sum(w*(v/12.92 if v <= .03928 else ((v + .055)/1.055)**2.4)
               for w, v in zip((.2126, .7152, .0722), channels))


def contrast(a, b):
    "WCAG contrast of two colours"
    low, high = sorted([brightness(a), brightness(b)])
    return (high + .05)/(low + .05)


def faint(colors, ground):
    "Those of {name: colour} that are too near to the ground"
    return {k: round(contrast(c, ground), 2) for k, c in colors.items() if contrast(c, ground) < AA}


def palette():
    "All colours in which figures write and draw lines"
    return {**COLORS, 'words': viz._GREY, **{f'line {i}': c for i, c in enumerate(viz._LINES)}}


def test_the_palette_is_legible_on_the_ground_of_figures(): assert faint(palette(), viz._GROUND) == {}


def test_no_grey_passes_on_both_pages():
    greys = [f'#{v:02x}{v:02x}{v:02x}' for v in range(256)]
    assert not [g for g in greys if contrast(g, LIGHT) >= AA and contrast(g, DARK) >= AA]


def test_the_contrast_check_can_fail():
    assert faint(dict(old='#808080', new='#595959'), LIGHT) == {'old': 3.95}
    assert contrast('#000000', '#ffffff') == pytest.approx(21)


def test_figures_bring_their_ground():
    fig, ax = canvas(width=2, height=1)
    ax.plot([0, 1])
    image = Image.open(io.BytesIO(RenderedFigure(fig).data))
    assert 'transparency' not in image.info and image.mode != 'RGBA'
    assert min(image.convert('RGB').getpixel((0, 0))) > 252


def sizes(draw, monkeypatch):
    "Every size of type, in points where the figure is shown, that reaches the paper"
    from matplotlib.text import Text
    found = []
    def spy(fig, dpi, real=viz._png):
        data = real(fig, dpi)
        shrunk = min(1, viz._COLUMN/fig.get_figwidth())
        found.extend(t.get_fontsize()*shrunk for t in fig.findobj(Text) if t.get_text().strip())
        return data
    monkeypatch.setattr(viz, '_png', spy)
    draw()
    return found


def small_type(width):
    "A figure whose labels, ticks, legend and table are all asked for too small"
    fig, ax = canvas(width=width, height=2)
    ax.plot([0, 1], label='curve')
    ax.set_xticks([0, 1], ['a', 'b'], fontsize=6)
    ax.text(.5, .5, 'cell', fontsize=5)
    ax.legend(fontsize=6)
    ax.set_xlabel('x', fontsize=7)
    RenderedFigure(fig)


@pytest.mark.parametrize('width', [3, 7, 9.5])
def test_no_type_below_8_points(width, monkeypatch):
    found = sizes(lambda: small_type(width), monkeypatch)
    assert len(found) > 5 and min(found) > 7.99


def test_rows_of_images_are_labelled_in_8_points(monkeypatch):
    import torch
    x = torch.zeros(6, 3, 32, 32)
    found = sizes(lambda: show_images({'row': x}, titles=list('abcdef'), shares=[(0, 1)]*6, size=1.2), monkeypatch)
    assert len(found) == 9 and min(found) > 7.99


def test_the_plane_is_labelled_in_legible_colours():
    _, ax = canvas()
    plot_plane(ax, {'line': ([0, 1], [0, 1])})
    assert faint({t.get_text(): t.get_color() for t in (ax.xaxis.label, ax.yaxis.label)}, viz._GROUND) == {}


def drawn(curves, **kw):
    "Axes with these curves, after their figure has been drawn"
    fig, ax = canvas(width=4, height=2)
    for name, (x, y) in curves.items(): ax.plot(x, y, label=name, **kw)
    RenderedFigure(fig)
    fig.draw_without_rendering()
    return ax


def test_names_stand_beside_their_curves():
    x = torch.linspace(0, 1, 50)
    ax = drawn({'root': (x, x**.5), 'line': (x, x), 'square': (x, x**2)})
    assert ax.get_legend() is None
    assert {t.get_text(): t.get_color() for t in ax.texts} == {l.get_label(): l.get_color() for l in ax.lines}
    assert len({l.get_color() for l in ax.lines}) == 3
    for note in ax.texts:
        box, own = note.get_window_extent(), next(l for l in ax.lines if l.get_label() == note.get_text())
        inside = {l: l.get_transform().transform(l.get_xydata()) for l in ax.lines}
        assert not any(box.contains(*p) for points in inside.values() for p in points)
        middle = (box.x0 + box.x1)/2, (box.y0 + box.y1)/2
        near = {l: abs(points - middle).sum(1).min() for l, points in inside.items()}
        assert min(near, key=near.get) is own


def test_curves_that_coincide_share_a_name_and_show():
    x = torch.linspace(0, 1, 50)
    ax = drawn({'one': (x, x), 'two': (x, x), 'part': (x[:20], x[:20]), 'other': (x, x**2)}, lw=1)
    assert {t.get_text() for t in ax.texts} == {'one = two', 'part', 'other'}
    widths = {tuple(l.get_xdata()[-1:]): l.get_linewidth() for l in ax.lines[:3]}
    assert ax.lines[0].get_linewidth() > ax.lines[1].get_linewidth() > ax.lines[2].get_linewidth() == 1, widths
    assert [l.get_linewidth() for l in drawn({'one': (x, x), 'near': (x, x + .05)}, lw=1).lines] == [1, 1]


def test_dots_on_a_curve_keep_their_name():
    x = torch.linspace(0, 1, 50)
    fig, ax = canvas(width=4, height=2)
    ax.plot(x, x**2, lw=1, label='curve')
    ax.plot(x[::10], x[::10]**2, 'o', label='measured')
    RenderedFigure(fig)
    assert {t.get_text() for t in ax.texts} == {'curve', 'measured'} and ax.lines[0].get_linewidth() == 1


def bundle(n, **size):
    "Curves that start together and part late"
    x = torch.linspace(0, 1, 50)
    fig, ax = canvas(**size)
    for i in range(n): ax.plot(x, -x*(1 + .12*i), label=f'curve {i}')
    RenderedFigure(fig)
    fig.draw_without_rendering()
    return ax


def test_a_line_leads_to_a_curve_where_its_name_has_no_room_beside_it():
    from matplotlib.text import Text
    ax = bundle(8, width=4, height=2.6)
    assert ax.get_legend() is None and len(ax.texts) == 8
    led = [t for t in ax.texts if t.arrow_patch]
    assert 0 < len(led) < 8
    for note in led:
        own, tip = next(l for l in ax.lines if l.get_label() == note.get_text()), note.xy
        off = {l: abs(l.get_xydata() - tip).sum(1).min() for l in ax.lines}
        assert min(off, key=off.get) is own
    boxes = [Text.get_window_extent(t) for t in led] # without the line
    curves = [p for l in ax.lines for p in l.get_transform().transform(l.get_xydata())]
    assert not any(a is not b and a.overlaps(b) for a in boxes for b in boxes)
    assert not any(b.contains(*p) for b in boxes for p in curves)


def test_a_name_has_the_colour_that_its_curve_is_drawn_in():
    import matplotlib as mpl
    fig, ax = canvas(width=4, height=2)
    for i in range(8): ax.plot([0, 1], [0, i], color=f'C{i}', label=f'curve {i}')
    RenderedFigure(fig)
    with mpl.rc_context(viz._STYLE): colors = [hexes(t.get_color()) for t in ax.texts]
    assert colors == viz._LINES


def test_without_room_for_names_there_is_a_legend():
    ax = bundle(9, width=2, height=2)
    assert len(ax.get_legend().get_texts()) == 9 and not ax.texts


def hexes(color):
    from matplotlib.colors import to_hex
    return to_hex(color)


@pytest.mark.parametrize('cmap', ['viridis', 'gray', 'RdYlGn'])
def test_words_on_an_image_are_legible(cmap):
    import matplotlib as mpl
    fig, ax = canvas(width=6, height=4)
    values = torch.arange(36.).view(6, 6)/35
    ax.imshow(values.numpy(), cmap=cmap)
    for r, c in torch.cartesian_prod(torch.arange(6), torch.arange(6)).tolist(): ax.text(c, r, 'x', color='#777777')
    RenderedFigure(fig)
    grounds = [hexes(mpl.colormaps[cmap](v)) for v in values.flatten().tolist()]
    assert [c for t, g in zip(ax.texts, grounds) if (c := contrast(hexes(t.get_color()), g)) < AA] == []


def test_faint_words_and_names_are_drawn_darker():
    fig, ax = canvas(width=4, height=2)
    ax.plot([0, 1], color='#ffcc66', label='pale')
    ax.text(.5, .1, 'grey', color='#aaaaaa', alpha=.3)
    ax.text(.8, .1, 'box', color='#444444', bbox=dict(facecolor='#222222'))
    ax.set_title('title', color='#88ff88')
    RenderedFigure(fig)
    words = {t.get_text(): t for t in (*ax.texts, ax.title)}
    assert contrast(hexes(words.pop('box').get_color()), '#222222') >= AA and words['grey'].get_alpha() == 1
    assert faint({k: hexes(t.get_color()) for k, t in words.items()}, LIGHT) == {} and len(words) == 3


def test_a_curve_without_a_name_gets_none_and_a_legend_stays_alone():
    fig, ax = canvas()
    ax.plot([0, 1], [0, 1])
    RenderedFigure(fig)
    assert not ax.texts and ax.get_legend() is None
    ax.lines[0].set_label('line')
    ax.legend()
    RenderedFigure(fig)
    assert not ax.texts


@pytest.mark.parametrize('x', [[0, float('nan'), 1], [float('nan')]*3])
def test_gaps_in_a_curve_do_not_disturb_its_name(x):
    ax = drawn({'gap': (x, [0, 1, 1])})
    assert [t.get_text() for t in ax.texts] == (['gap'] if 0 in x else [])


def css_colors():
    "{selector: (colour, ground)} for every colour of words that the style sheet sets"
    text = re.sub(r'/\*.*?\*/', '', (ROOT/'nbs/styles.css').read_text(encoding='utf-8'))
    for selector, body in re.findall(r'([^{}]+)\{([^{}]*)\}', text):
        color, ground = (re.search(rf'(?<![\w-]){k}:\s*(#[0-9a-f]{{6}})', body)
                         for k in ('color', 'background(?:-color)?'))
        if color: yield selector.strip(), color[1], ground[1] if ground else DARK if 'dark' in selector else LIGHT


def test_the_style_sheet_is_legible():
    rules = list(css_colors())
    assert len(rules) > 8 and [(s, c) for s, c, ground in rules if contrast(c, ground) < AA] == []


@pytest.mark.parametrize('columns', [3, 12])
def test_no_word_is_cut_off(columns, monkeypatch):
    import torch
    from matplotlib.text import Text
    inside = []
    def spy(fig, dpi, real=viz._png):
        data, room = real(fig, dpi), fig.bbox
        fig.draw_without_rendering() # back to the resolution in which places are counted
        boxes = [t.get_window_extent() for t in fig.findobj(Text) if t.get_text().strip()]
        inside.extend(b.x0 >= -1 and b.y0 >= -1 and b.x1 <= room.width + 1 and b.y1 <= room.height + 1 for b in boxes)
        return data
    monkeypatch.setattr(viz, '_png', spy)
    x = torch.zeros(columns, 3, 32, 32)
    show_images({'a row with a name': x, 'b': x}, titles=['word']*columns, shares=[(0, 1)]*columns)
    assert len(inside) == columns + 4 and all(inside)


@pytest.mark.parametrize('rows', [[], {}, torch.zeros(0, 3, 4, 4), {'a': [], 'b': torch.zeros(0, 3, 4, 4)}])
def test_a_grid_without_images_is_refused(rows):
    with pytest.raises(ValueError, match='rows must hold at least one image, got'): show_images(rows)
    assert show_images({'a': [], 'b': torch.zeros(1, 3, 4, 4)}).data


@pytest.mark.parametrize('shape', [(1, 4, 8, 8), (1, 2, 8, 8), (3, 8, 8), (1, 8, 8, 3)])
@pytest.mark.parametrize('signed', [(), ('',)])
def test_what_is_no_image_of_one_or_three_channels_is_named(shape, signed):
    with pytest.raises(ValueError, match=re.escape(f'with 1 or 3 channels, got shape {shape[1:]}')):
        show_images(torch.zeros(shape), signed=signed)


def test_arrays_are_shown_as_tensors_are():
    x = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))*2 - 1
    assert show_images(x.numpy()).data == show_images(x).data


def test_a_figure_is_saved_as_png_alone_and_over_nothing(tmp_path):
    shown = show_images(torch.zeros(1, 1, 4, 4))
    for wrong in ('a.jpg', 'a'):
        with pytest.raises(ValueError, match='a figure is saved as a .png file, got .*a'): shown.save(tmp_path/wrong)
    shown.save(str(tmp_path/'a.PNG'))
    (tmp_path/'b.png').write_bytes(b'mine')
    with pytest.raises(FileExistsError, match='force=True'): shown.save(tmp_path/'b.png')
    assert (tmp_path/'b.png').read_bytes() == b'mine' and (tmp_path/'a.PNG').read_bytes() == shown.data
    shown.save(tmp_path/'b.png', force=True)
    assert (tmp_path/'b.png').read_bytes() == shown.data and len([*tmp_path.iterdir()]) == 2


@pytest.mark.parametrize('signed', [False, True])
def test_pixel_values_are_not_drawn_nearly_white(signed):
    x = torch.full((3, 4, 4), 200.)
    with pytest.raises(TypeError, match='as_rgb wants .*uint8: convert with from_uint8'): as_rgb(x.byte(), signed)
    with pytest.raises(ValueError, match=r'as_rgb wants .*like \[0, 255\]: use x/127.5 - 1'): as_rgb(x, signed)
    with pytest.raises(ValueError, match='use x/127.5 - 1'): show_images(x[None])


def test_an_array_that_runs_backwards_is_drawn():
    x = torch.linspace(-1, 1, 12).view(3, 2, 2)
    assert (as_rgb(x.numpy()[::-1]) == as_rgb(x.flip(0))).all()


def test_a_dollar_in_a_name_begins_no_formula():
    x = torch.zeros(1, 3, 8, 8)
    assert show_images({'$^$.png': x}, titles=['$^$']).data
    assert show_images({'a': x}, titles=['$x$']).data != show_images({'a': x}, titles=['x']).data


def test_curves_without_names_are_refused():
    with pytest.raises(TypeError, match='curves must be a dict {name: curve}, got Schedule'):
        plot_plane(canvas()[1], Schedule.line(3))


def test_one_name_of_a_signed_row_is_that_row_alone():
    x = torch.full((1, 3, 4, 4), .5)
    one, all_ = (show_images({'': x, 'res': x, 'residual': x}, signed=s).data for s in ('residual', ('residual',)))
    assert one == all_ != show_images({'': x, 'res': x, 'residual': x}, signed=('res', 'residual')).data


def test_rows_may_be_numbered_and_no_row_holds_nan():
    assert show_images({0: torch.zeros(1, 3, 4, 4), 5: torch.zeros(1, 1, 4, 4)}).alt == '0, 5'
    for signed in (False, True):
        with pytest.raises(ValueError, match='NaN'): as_rgb(torch.full((3, 2, 2), float('nan')), signed)


def test_a_style_that_cuts_figures_cuts_none():
    import matplotlib as mpl
    def drawn():
        fig, ax = canvas(width=4, height=2)
        ax.plot([1, 2])
        return RenderedFigure(fig).data
    plain = drawn()
    with mpl.rc_context({'savefig.bbox': 'tight'}): assert drawn() == plain
