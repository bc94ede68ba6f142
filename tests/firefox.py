"""A real Firefox that tests talk to, over WebDriver BiDi: it listens by itself, no driver stands beside it."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import websocket

FIREFOX = os.environ.get('FIREFOX') or shutil.which('firefox') or shutil.which('firefox-esr')
WAIT = 240 # seconds, on a machine that does other work too


class Firefox:
    "A browser with a page: what it asked for and what went wrong is kept"
    def __init__(self, width=1000, height=1200):
        self.profile = tempfile.TemporaryDirectory()
        words = [FIREFOX, '--headless', '--no-remote', '--profile', self.profile.name, '--remote-debugging-port', '0',
                 f'--width={width}', f'--height={height}']
        self.process = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        said = (re.search(r'BiDi listening on (ws://\S+)', line) for line in self.process.stderr)
        self.socket = websocket.create_connection(f'{next(filter(None, said))[1]}/session', timeout=WAIT,
                                                  suppress_origin=True)
        self.sent, self.asked, self.wrong = 0, [], []
        self.command('session.new', capabilities={})
        self.command('session.subscribe', events=['log.entryAdded', 'network.beforeRequestSent'])
        self.context = self.command('browsingContext.getTree')['contexts'][0]['context']

    def __enter__(self): return self

    def __exit__(self, *kind):
        self.socket.close()
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.profile.cleanup()

    def command(self, method, **params):
        "The answer to a command; what happens meanwhile is noted"
        self.sent += 1
        self.socket.send(json.dumps(dict(id=self.sent, method=method, params=params)))
        while (answer := json.loads(self.socket.recv())).get('id') != self.sent: self._note(answer)
        if answer['type'] == 'error': raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
        return answer['result']

    def _note(self, event):
        "Requests, and entries of the log that are errors"
        if event.get('method') == 'network.beforeRequestSent':
            self.asked.append(event['params']['request']['url'])
        if event.get('method') == 'log.entryAdded' and event['params']['level'] == 'error':
            self.wrong.append(event['params']['text'])

    def open(self, url):
        "Go to a page and wait until it is loaded; what was noted before is forgotten"
        self.asked, self.wrong = [], []
        self.command('browsingContext.navigate', context=self.context, url=url, wait='complete')

    def evaluate(self, expression):
        "The value of an expression, a promise's when it is kept"
        result = self.command('script.evaluate', expression=f'(async () => JSON.stringify(await ({expression})))()',
                              target=dict(context=self.context), awaitPromise=True)
        if result['type'] == 'exception': raise RuntimeError(result['exceptionDetails']['text'])
        value = result['result'].get('value')
        return None if value is None else json.loads(value)

    def press(self, *keys):
        "Keys to what has the focus"
        actions = [dict(type=f'key{way}', value=key) for key in keys for way in ('Down', 'Up')]
        self.command('input.performActions', context=self.context,
                     actions=[dict(type='key', id='keyboard', actions=actions)])

    def until(self, condition):
        "Wait for a condition, looking again and again"
        return self.evaluate(f'new Promise(done => {{ const look = () => {{ const v = {condition};'
                             ' v ? done(v) : setTimeout(look, 50) }; look() })')
