"""Every measurement that needs no browser, with one command. `python -m bench` runs them and keeps the results in
bench/results; `python -m bench NAME ...` runs some; `--quick` tries them in about a minute, with numbers that mean
nothing, and keeps them elsewhere. What drives Chromium (`bench.figures`, `bench.site`) or reads sets of images
(`bench.evidence`, `bench.restoration`, `bench.generation`, for the page of results) runs by itself."""
import argparse
import importlib
import tempfile

NAMES = ('train_step', 'shares', 'loading', 'overhead', 'import_time', 'first_loss', 'demo', 'aosa', 'solvers',
         'restoring', 'gpu')


def main(words=None):
    parser = argparse.ArgumentParser(prog='python -m bench', description=__doc__)
    parser.add_argument('names', nargs='*', metavar='NAME', help=f"which: {', '.join(NAMES)}; all without a name")
    parser.add_argument('--quick', action='store_true', help='only see whether they work')
    parser.add_argument('--folder', help='where results are written; bench/results, or a temporary folder with --quick')
    args = parser.parse_args(words)
    if unknown := sorted(set(args.names) - set(NAMES)):
        parser.error(f"there is no measurement {unknown[0]!r}; there are {', '.join(NAMES)}")
    with tempfile.TemporaryDirectory() as temporary:
        where = dict(folder=args.folder) if args.folder else dict(folder=temporary) if args.quick else {}
        for name in args.names or NAMES:
            print(f'-- {name}', flush=True)
            importlib.import_module(f'bench.{name}').run(quick=args.quick, **where)


if __name__ == '__main__': main()
