// The page: reads the text and the sliders, calls the program, and shows what it returns.

(async () => {
    const bytes = Uint8Array.from(atob(PROGRAM), (letter) => letter.charCodeAt(0));
    await wasm_bindgen({ module_or_path: bytes });
    const program = wasm_bindgen;
    const find = (id) => document.getElementById(id);
    const field = find('text');
    const escape = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

    // Times to choose from, in seconds, with their form in the attribute.
    const TIMES = ['1ms', '2ms', '5ms', '10ms', '20ms', '50ms', '100ms', '200ms', '250ms', '500ms', '1s', '2s', '3s', '5s', '10s',
        '15s', '20s', '30s', '1m', '2m', '5m', '10m', '30m', '1h'];
    const UNITS = { ms: 0.001, s: 1, m: 60, h: 3600 };
    const seconds = (text) => Number.parseFloat(text) * UNITS[text.replace(/[\d.]/g, '')];
    const CLIENTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];

    // The sliders of the policy. `name` is the argument that one writes, `of` the setting that it shows.
    const isConstant = (settings) => settings.backoff === 'constant';
    const CONTROLS = [
        { id: 'backoff', label: 'Growth of the delays', name: () => 'backoff', words: ['exponential', 'linear', 'fibonacci', 'constant'], of: 'backoff' },
        { id: 'jitter', label: 'Jitter (randomness of each delay)', name: () => 'jitter', words: ['full', 'equal', 'decorrelated', 'none'], of: 'jitter' },
        { id: 'first-delay', label: 'First delay', name: (settings) => (isConstant(settings) ? 'delay' : 'initial_delay'), times: TIMES, of: 'first_delay' },
        { id: 'multiplier', label: 'Growth per retry', name: () => 'multiplier', from: 1, to: 10, step: 0.1, of: 'multiplier', only: 'exponential' },
        { id: 'max-delay', label: 'Longest delay', name: () => 'max_delay', times: TIMES, of: 'max_delay' },
        { id: 'max-attempts', label: 'Attempts, the first included', name: () => 'max_attempts', from: 1, to: 15, step: 1, of: 'max_attempts' },
        { id: 'max-elapsed', label: 'Time for all attempts', name: () => 'max_elapsed', times: TIMES, of: 'max_elapsed' },
    ];

    function control({ id, label, words, times, from, to, step }) {
        const input = words
            ? `<select id="${id}">${words.map((word) => `<option>${word}</option>`).join('')}</select>`
            : `<input id="${id}" type="range" min="${from ?? 0}" max="${to ?? times.length - 1}" step="${step ?? 1}">`;
        return `<div class="slider"><label for="${id}">${label}</label>${input}
            <span class="value"><output for="${id}"></output><button type="button" id="${id}-reset" aria-label="use the default: ${label}" title="use the default">×</button></span></div>`;
    }

    find('sliders').innerHTML = CONTROLS.map(control).join('');
    let settings = {};
    for (const it of CONTROLS) {
        find(it.id).addEventListener('input', (event) => {
            const value = it.times ? `"${it.times[event.target.value]}"` : event.target.value;
            write(program.set(field.value, it.name(settings), value));
        });
        find(`${it.id}-reset`).addEventListener('click', () => {
            const names = it.of === 'backoff' ? ['backoff', 'delay'] : [it.name(settings)];
            write(names.reduce((text, name) => program.remove(text, name), field.value));
            find(it.id).focus();
        });
    }

    function showControls(given) {
        for (const it of CONTROLS) {
            const [input, value] = [find(it.id), settings[it.of]];
            const isUsed = !it.only || it.only === settings.backoff;
            const isGiven = given.includes(it.name(settings)) || (it.of === 'backoff' && given.includes('delay'));
            input.disabled = !isUsed;
            find(`${it.id}-reset`).hidden = !isGiven || !isUsed;
            let words = 'no limit';
            if (it.words) {
                input.value = it.words.includes(value) ? value : '';
                words = typeof value === 'number' ? `factor ${value}` : '';
            } else if (value === null || value === undefined) {
                input.value = input.max;
            } else if (it.times) {
                const distance = (time) => Math.abs(Math.log(seconds(time) / Math.max(value, 1e-9)));
                input.value = it.times.reduce((best, time, index) => (distance(time) < distance(it.times[best]) ? index : best), 0);
                words = charts.time(value);
            } else {
                input.value = value;
                words = it.of === 'multiplier' ? `× ${value}` : String(value);
            }
            const output = input.parentElement.querySelector('output');
            output.textContent = isUsed ? words + (isGiven || it.words ? '' : ' (default)') : 'not used';
        }
    }

    function write(text) {
        field.value = text;
        show();
    }

    function showMistakes(mistakes) {
        field.setAttribute('aria-invalid', String(mistakes.length > 0));
        find('mistakes').innerHTML = mistakes.map(({ message, start, end }) => {
            const [before, inside, after] = [field.value.slice(0, start), field.value.slice(start, end), field.value.slice(end)];
            return `<pre>#[retry(${escape(before)}<mark>${escape(inside)}</mark>${escape(after)})]</pre><p>${code(message)}</p>`;
        }).join('');
    }

    // Writes a text with `code` in backticks as HTML.
    function code(text) {
        return escape(text).replace(/`([^`]*)`/g, '<code>$1</code>');
    }

    function showDelays(explained) {
        const [shortest, , longest] = explained.paths;
        const goesOn = longest.starts.length - 1 > explained.ranges.length;
        draw('bands', explained.ranges, goesOn);
        draw('timeline', explained.paths);
        const ends = explained.paths.filter((path) => path.ends !== null).map((path) => charts.time(path.ends));
        const counts = explained.paths.map((path) => path.starts.length);
        const range = (low, high) => (low === high ? `${low}` : `${low} to ${high}`);
        const attempts = `${range(Math.min(...counts), Math.max(...counts))} attempt${Math.max(...counts) === 1 ? '' : 's'}`;
        const notDrawn = explained.not_drawn.map((name) => `\`${name}\``).join(', ');
        const text = ends.length === 0
            ? 'A call that always fails goes on for ever.'
            : `A call that always fails makes ${attempts}, and ends after ${range(ends[0], ends.at(-1))}: ${longest.reason ?? shortest.reason}.`;
        find('summary').innerHTML = text + (notDrawn ? ` Not drawn: ${code(notDrawn)}.` : '');
        find('section').innerHTML = explained.section.filter((line) => line.startsWith('- ')).map((line) => `<li>${code(line.slice(2))}</li>`).join('');
    }

    // Draws a chart in the place of its name, as wide as the place, also after the window has another size.
    const drawn = new Map();
    function draw(name, ...data) {
        drawn.set(name, data);
        find(name).innerHTML = charts[name](Math.max(find(name).clientWidth, 280), ...data);
    }
    addEventListener('resize', () => drawn.forEach((data, name) => draw(name, ...data)));

    function showForms({ attribute, builder, toml }) {
        find('form-attribute').textContent = attribute;
        find('form-builder').textContent = builder;
        find('form-toml').textContent = toml || '# the defaults';
    }

    const attempt = () => Number(find('attempt').value);
    const isShown = (element, stale) => element.classList.toggle('stale', stale);

    function show() {
        const explained = JSON.parse(program.explain(field.value, attempt()));
        find('attempt').parentElement.querySelector('output').textContent = charts.time(attempt());
        const mistakes = explained.mistakes ?? [];
        showMistakes(mistakes);
        for (const part of document.querySelectorAll('.chart, .forms, #figures, #summary')) isShown(part, mistakes.length > 0);
        history.replaceState(null, '', field.value ? `#${encodeURIComponent(field.value)}` : ' ');
        // What is simulated for the text before would be shown beside this one.
        pending += 1;
        if (mistakes.length > 0) return;
        settings = explained.settings;
        showControls(explained.given);
        showDelays(explained);
        showForms(explained);
        const attempts = explained.settings.max_attempts;
        find('cap').textContent = attempts === null || attempts > 10 ? 'To stay quick, the simulation gives each call 10 attempts at most.' : '';
        simulate();
    }

    // The number of the last change: a simulation of an earlier one ends.
    let pending = 0;

    const LABELS = { none: 'one attempt each', policy: 'this policy', budget: 'this policy and a budget' };
    // Runs the three simulations after the last change, and lets the page draw between them.
    function simulate() {
        const numbers = { clients: CLIENTS[find('clients').value], load: find('load').value / 100, lasts: Number(find('lasts').value), ratio: find('ratio').value / 100 };
        const outputs = { clients: numbers.clients.toLocaleString('en'), load: `${find('load').value} %`, lasts: `${numbers.lasts} s`, ratio: find('ratio').value, depth: find('depth').value };
        for (const [id, words] of Object.entries(outputs)) find(id).parentElement.querySelector('output').textContent = words;
        const [mine, policy] = [pending, field.value];
        const later = (work) => setTimeout(() => mine === pending && work(), 30);
        const runs = Object.keys(LABELS).map((name) => ({ name, result: null }));
        document.body.dataset.state = 'busy';
        const step = (index) => {
            const run = runs[index];
            run.result = JSON.parse(program.outage(policy, numbers.clients, numbers.load, numbers.lasts, numbers.ratio, run.name));
            if (index + 1 < runs.length) return later(() => step(index + 1));
            showOutage(runs, numbers);
            draw('nested', JSON.parse(program.nested(policy, Number(find('depth').value), numbers.ratio)));
            document.body.dataset.state = 'done';
        };
        later(() => step(0));
    }

    function showOutage(runs, { load }) {
        draw('outage', runs, load * 1000, LABELS);
        const percent = (part) => `${(100 * part).toFixed(part > 0.995 ? 1 : 0)} %`;
        find('figures').tBodies[0].innerHTML = runs.map(({ name, result }) => {
            const recovery = result.recovery === null ? 'not within a minute' : `${Math.max(result.recovery, 0)} s`;
            return `<tr data-name="${name}"><th scope="row" class="${name}">${LABELS[name]}</th><td>${result.peak.toFixed(1)} × the load</td><td>${percent(result.served)}</td><td>${recovery}</td></tr>`;
        }).join('');
        const policy = runs.find((run) => run.name === 'policy').result;
        const budget = runs.find((run) => run.name === 'budget').result;
        find('outage-caption').textContent = `Attempts per second. This policy sends up to ${policy.peak.toFixed(1)} times the load; with a budget, ${budget.peak.toFixed(1)} times.`;
    }

    field.addEventListener('input', show);
    for (const id of ['attempt', 'clients', 'load', 'lasts', 'ratio', 'depth']) find(id).addEventListener('input', show);
    for (const button of document.querySelectorAll('[data-text]')) button.addEventListener('click', () => write(button.dataset.text));
    for (const button of document.querySelectorAll('[data-copy]')) {
        button.addEventListener('click', async () => {
            const source = find(button.dataset.copy);
            try {
                await navigator.clipboard.writeText(source.textContent);
                find('copied').textContent = 'Copied.';
            } catch {
                // Without the permission, the text is selected, and the keyboard copies it.
                getSelection().selectAllChildren(source);
                find('copied').textContent = 'Selected: press Ctrl+C to copy.';
            }
        });
    }
    addEventListener('hashchange', () => read());
    const read = () => write(decodeURIComponent(location.hash.slice(1)));
    field.value = 'max_attempts = 5, initial_delay = "200ms"';
    if (location.hash.length > 1) read(); else show();
})();
