// `node run.mjs PAGE WITHOUT` runs the checks of the page in Node and in Chromium. PAGE is the folder of its
// JavaScript, WITHOUT that of the page without the feature `web`.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [page, without] = process.argv.slice(2).map((folder) => resolve(folder));
// Everything takes five seconds on an idle machine.
const LONGEST = 120_000;

function fail(text) {
    console.error(`error: ${text}`);
    process.exit(1);
}

function expect(condition, text) {
    if (!condition) fail(text);
}

setTimeout(() => fail('the checks did not end'), 3 * LONGEST).unref();

// A new instance of the module for each number, as each page has one.
async function instance(folder, number) {
    const module = await import(`${pathToFileURL(join(folder, 'page.js'))}?${number}`);
    await module.default({ module_or_path: await readFile(join(folder, 'page_bg.wasm')) });
    return module;
}

function verdict(where, report) {
    console.log(`\n${where}\n${report}`);
    expect(report.endsWith('\npassed'), `a check failed ${where}`);
}

// Calls a function that must trap, and returns the text of its panic and the stack of the trap.
async function trapped(folder, number, name) {
    const module = await instance(folder, number);
    const texts = [];
    const shown = console.error;
    console.error = (text) => texts.push(text);
    try {
        await Promise.race([module[name](), new Promise((_, late) => setTimeout(() => late(new Error('no trap')), 5_000))]);
    } catch (error) {
        texts.push(error.stack);
    } finally {
        console.error = shown;
    }
    return texts.join('\n');
}

async function explains(folder, number, name, ...wanted) {
    // The trap of an async function ends its task, and no promise shows it.
    let uncaught = '';
    const note = (error) => (uncaught += error.stack);
    process.on('uncaughtException', note).on('unhandledRejection', note);
    const text = (await trapped(folder, number, name)) + uncaught;
    process.off('uncaughtException', note).off('unhandledRejection', note);
    for (const part of wanted) expect(text.includes(part), `${name} does not show "${part}", but: ${text}`);
    console.log(`${name}: explained`);
}

async function inNode() {
    const [first, second] = [await instance(page, 1), await instance(page, 2)];
    expect(first.jitter() !== second.jitter(), 'two instances draw the same jitter in Node');
    verdict('in Node', await first.run());

    console.log('\nwithout the feature `web`');
    expect(await (await instance(without, 1)).with_all_given(), 'a call with its own sleeper, clock and seed failed');
    await explains(without, 2, 'without_a_clock', 'enable the feature `web` of `backoff-core`, or give a `clock`', 'enable_feature_web_or_give_clock');
    await explains(without, 3, 'without_a_seed', 'enable the feature `web` of `backoff-core`, or give a `seed`', 'enable_feature_web_or_give_seed');
}

const SCRIPT = `
    import init, { jitter, run } from '/page.js';
    const send = (path, text) => fetch(path, { method: 'POST', body: text });
    try {
        await init({ module_or_path: fetch('/page_bg.wasm') });
        await send('/jitter', jitter());
        if (WITH_CHECKS) await send('/report', WHERE + '\\n' + (await run()));
    } catch (error) {
        await send('/report', WHERE + '\\n' + error.stack);
    }`;
const script = (where, checks) => SCRIPT.replaceAll('WHERE', `'${where}'`).replace('WITH_CHECKS', checks);
const html = (where, checks, more = '') =>
    `<!doctype html><meta charset="utf-8"><title>${where}</title><script type="module">${script(where, checks)}</script>${more}`;

const ANSWERS = {
    '/': ['text/html', html('in a page', true, '<iframe src="/frame"></iframe><script>new Worker("/worker.js", { type: "module" })</script>')],
    '/frame': ['text/html', html('in a frame', false)],
    '/worker.js': ['text/javascript', script('in a worker', true)],
};
const FILES = { '/page.js': 'text/javascript', '/page_bg.wasm': 'application/wasm' };

// Serves the page, and completes with what it sends: two reports, and the jitter of the page, of its frame and of its
// worker.
function serve() {
    const [reports, jitters] = [[], []];
    let done;
    const sent = new Promise((resolve) => (done = resolve));
    const server = createServer(async (request, response) => {
        if (request.method === 'POST') {
            let text = '';
            for await (const part of request.setEncoding('utf8')) text += part;
            (request.url === '/report' ? reports : jitters).push(text);
            response.end();
            const isFailed = request.url === '/report' && !text.endsWith('\npassed');
            if (isFailed || (reports.length === 2 && jitters.length === 3)) done({ reports, jitters });
            return;
        }
        const [type, body] = ANSWERS[request.url] ?? [FILES[request.url], FILES[request.url] && (await readFile(join(page, request.url)))];
        response.writeHead(body ? 200 : 404, { 'content-type': type ?? 'text/plain' }).end(body ?? '');
    });
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ server, sent, reports, jitters })));
}

async function inChromium() {
    const { server, sent, reports, jitters } = await serve();
    const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
    const browser = spawn(
        'chromium',
        ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync', `--user-data-dir=${profile}`, `http://127.0.0.1:${server.address().port}/`],
        { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let errors = '';
    browser.stderr.on('data', (text) => (errors += text));
    const ended = new Promise((resolve) => browser.once('exit', resolve));
    const late = new Promise((resolve) => setTimeout(resolve, LONGEST).unref());
    const result = await Promise.race([sent, ended, late]);
    browser.kill();
    await ended;
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    expect(result?.jitters, `the browser sent ${reports.length} reports and ${jitters.length} draws only\n${reports.join('\n')}\n${errors}`);
    for (const report of result.reports) verdict(...report.split(/\n(.*)/s));
    expect(new Set(result.jitters).size === 3, 'two pages draw the same jitter in Chromium');
}

await inNode();
await inChromium();
process.exit(0);
