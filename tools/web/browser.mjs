// Headless Chromium with its debugging protocol over a pipe, and the input of a person.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Each step takes far less on an idle machine.
const LONGEST = 60_000;

export async function browser() {
    const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
    const child = spawn(
        'chromium',
        ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync', '--hide-scrollbars', '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank'],
        { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    );
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const [waiting, requests, errors] = [new Map(), [], []];
    let [number, received] = [0, ''];

    // Messages end with a zero byte, in both directions.
    child.stdio[4].setEncoding('utf8').on('data', (text) => {
        const messages = (received + text).split('\0');
        received = messages.pop();
        for (const message of messages) receive(JSON.parse(message));
    });

    function receive({ id, result, error, method, params }) {
        if (id !== undefined) {
            const { resolve, reject } = waiting.get(id);
            waiting.delete(id);
            return error ? reject(new Error(error.message)) : resolve(result);
        }
        if (method === 'Network.requestWillBeSent') requests.push(params.request.url);
        if (method === 'Runtime.exceptionThrown') errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
        if (method === 'Log.entryAdded' && params.entry.level === 'error') errors.push(params.entry.text);
        if (method === 'Runtime.consoleAPICalled' && params.type === 'error') errors.push(params.args.map((arg) => arg.value).join(' '));
    }

    function command(method, params, sessionId) {
        const id = ++number;
        child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
        return new Promise((resolve, reject) => {
            waiting.set(id, { resolve, reject });
            setTimeout(() => reject(new Error(`${method} has no response`)), LONGEST).unref();
        });
    }

    async function open(url) {
        const { targetId } = await command('Target.createTarget', { url: 'about:blank' });
        const { sessionId } = await command('Target.attachToTarget', { targetId, flatten: true });
        const send = (method, params = {}) => command(method, params, sessionId);
        for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await send(`${domain}.enable`);
        await send('Emulation.setDeviceMetricsOverride', { width: 1280, height: 900, deviceScaleFactor: 1, mobile: false });
        await send('Page.navigate', { url });
        return { send, ...person(send) };
    }

    async function close() {
        child.kill();
        await ended;
        await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }

    return { open, close, requests, errors };
}

// What a person does with a page.
function person(send) {
    async function evaluate(expression) {
        const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
        if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description}`);
        return result.value;
    }

    async function until(condition, meaning) {
        const late = Date.now() + LONGEST;
        while (!(await evaluate(condition).catch(() => false))) {
            if (Date.now() > late) throw new Error(`never happened: ${meaning}`);
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }

    // Returns the rectangle of an element, after scrolling to it.
    async function rectangle(selector) {
        return evaluate(`(() => {
            const element = document.querySelector(${JSON.stringify(selector)});
            element.scrollIntoView({ block: 'center' });
            const { x, y, width, height } = element.getBoundingClientRect();
            return { x, y, width, height };
        })()`);
    }

    const mouse = (type, x, y) => send('Input.dispatchMouseEvent', { type, x, y, button: 'left', buttons: 1, clickCount: 1 });

    async function click(selector) {
        const { x, y, width, height } = await rectangle(selector);
        await mouse('mousePressed', x + width / 2, y + height / 2);
        await mouse('mouseReleased', x + width / 2, y + height / 2);
    }

    // Drags the thumb of a slider from where the mouse meets it to a part of its width.
    async function drag(selector, part) {
        const { x, y, width, height } = await rectangle(selector);
        await mouse('mousePressed', x + width / 2, y + height / 2);
        for (const way of [0.3, 0.7, 1]) await mouse('mouseMoved', x + width * (0.5 + (part - 0.5) * way), y + height / 2);
        await mouse('mouseReleased', x + width * part, y + height / 2);
    }

    // Types a text into the field that has the focus, letter by letter.
    async function type(text) {
        for (const letter of text) await send('Input.dispatchKeyEvent', { type: 'char', text: letter });
    }

    const CODES = { Tab: 9, Enter: 13, ArrowRight: 39 };
    async function press(key) {
        const options = { key, code: key, windowsVirtualKeyCode: CODES[key], ...(key === 'Enter' && { text: '\r' }) };
        await send('Input.dispatchKeyEvent', { type: 'keyDown', ...options });
        await send('Input.dispatchKeyEvent', { type: 'keyUp', ...options });
    }

    return { click, drag, evaluate, press, type, until };
}
