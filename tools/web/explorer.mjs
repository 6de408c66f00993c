// `node explorer.mjs PAGE.html` opens the explorer in headless Chromium and uses it as a person does: keys, mouse,
// narrow and dark screens. Writes screenshots beside the page.
import { dirname, join, resolve } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { browser } from './browser.mjs';

const page = resolve(process.argv[2]);
const chromium = await browser();
const { send, evaluate, until, click, type, press, drag } = await chromium.open(pathToFileURL(page).href);

function expect(condition, text) {
    if (!condition) throw new Error(text);
}

async function screenshot(name, width, scheme) {
    await send('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: width < 600 });
    await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
    const overflow = await evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(overflow <= 0, `${name}: the page is ${overflow} pixels wider than the screen`);
    const { data } = await send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true });
    await writeFile(join(dirname(page), `${name}.png`), Buffer.from(data, 'base64'));
}

const IS_DONE = 'document.body.dataset.state === "done"';
const textOf = (selector) => evaluate(`document.querySelector(${JSON.stringify(selector)}).textContent`);
const count = (selector) => evaluate(`document.querySelectorAll(${JSON.stringify(selector)}).length`);
const field = () => evaluate('document.getElementById("text").value');
const clear = () => evaluate('document.getElementById("text").focus(), document.getElementById("text").select()');

const checks = {
    async 'the page starts with a policy and all its pictures'() {
        await until(IS_DONE, 'the first simulation ends');
        expect((await count('.band')) === 4, 'four retries have four bands');
        expect((await count('.curve')) === 3, 'an outage has three curves');
        expect((await textOf('#summary')).includes('5 attempts'), await textOf('#summary'));
    },
    async 'a policy that is typed is explained'() {
        await clear();
        await type('delay = "2s", jitter = none, max_attempts = 3');
        expect((await textOf('#summary')) === 'A call that always fails makes 3 attempts, and ends after 4 s: no attempts left.', await textOf('#summary'));
        expect((await textOf('#form-builder')).includes('Policy::constant(Duration::from_secs(2))'), 'the builder');
        expect((await textOf('#form-toml')) === 'max_attempts = 3\ndelay = "2s"\njitter = "none"', await textOf('#form-toml'));
        expect((await evaluate('location.hash')).includes('delay'), 'the address has the policy');
    },
    async 'a mistake is answered in the words of the library, at its place'() {
        await clear();
        await type('max_atempts = 3');
        expect((await textOf('#mistakes mark')) === 'max_atempts', 'the place');
        expect((await textOf('#mistakes p')).includes('use max_attempts'), await textOf('#mistakes p'));
        expect((await evaluate('document.getElementById("text").getAttribute("aria-invalid")')) === 'true', 'the field is marked');
        expect(await evaluate('document.getElementById("bands").classList.contains("stale")'), 'the pictures are marked as old');
        await clear();
        await type('max_attempts = 3');
        expect((await count('#mistakes p')) === 0, 'the mistake is gone');
    },
    async 'a slider that is dragged writes the text'() {
        await drag('#max-attempts', 0.9);
        expect(/^max_attempts = 1[234]$/.test(await field()), await field());
        await click('#max-attempts-reset');
        expect((await field()) === '', await field());
    },
    async 'the keyboard alone changes a policy'() {
        await evaluate('document.getElementById("first-delay").focus()');
        await press('ArrowRight');
        expect((await field()) === 'initial_delay = "200ms"', await field());
        await press('Tab');
        expect((await evaluate('document.activeElement.id')) === 'first-delay-reset', 'the next place is the reset button');
        await press('Enter');
        expect((await field()) === '', await field());
    },
    async 'a longer outage and a larger budget change the curves'() {
        await until(IS_DONE, 'the simulation ends');
        const before = await textOf('#figures tr[data-name=budget]');
        await drag('#ratio', 0.95);
        await until(IS_DONE, 'the simulation ends');
        expect((await textOf('#figures tr[data-name=budget]')) !== before, 'a larger budget changes the figures');
        await drag('#depth', 0.6);
        await until(IS_DONE, 'the simulation ends');
        expect((await evaluate('[...document.querySelectorAll(".calls")].map((text) => text.textContent).join()')).endsWith(',3'), 'a scope: 3 requests');
    },
    async 'a policy in the address is opened'() {
        await evaluate('location.hash = "#" + encodeURIComponent("forever, backoff = fibonacci")');
        await until('document.getElementById("summary").textContent.includes("for ever")', 'the policy of the address is shown');
    },
    async 'wide and narrow, light and dark, nothing sticks out'() {
        await clear();
        await type('max_attempts = 5, initial_delay = "200ms"');
        await until(IS_DONE, 'the simulation ends');
        await screenshot('wide', 1280, 'light');
        await screenshot('dark', 1280, 'dark');
        await screenshot('narrow', 390, 'light');
        await clear();
        await type('max_atempts = 5, jitter = ful');
        await screenshot('mistakes', 390, 'dark');
    },
    async 'the page used no network and reported no error'() {
        const requests = chromium.requests.filter((url) => !/^(file|data):/.test(url));
        expect(requests.length === 0, `requests: ${requests.join(', ')}`);
        expect(chromium.errors.length === 0, chromium.errors.join('\n'));
    },
};

let failed = false;
for (const [name, check] of Object.entries(checks)) {
    try {
        await check();
        console.log(`passed: ${name}`);
    } catch (error) {
        failed = true;
        console.error(`failed: ${name}\n${error.stack}`);
    }
}
await chromium.close();
process.exit(failed ? 1 : 0);
