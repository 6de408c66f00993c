// The charts, as texts of SVG, one unit to a pixel. `width` is that of the place. Colours are those of style.css.

const charts = (() => {
    // Writes a time as a person does: 250 ms, 1.5 s, 2 min.
    function time(seconds) {
        if (seconds === 0) return '0 s';
        if (seconds < 0.001) return `${round(seconds * 1e6)} µs`;
        if (seconds < 1) return `${round(seconds * 1e3)} ms`;
        if (seconds < 120) return `${round(seconds)} s`;
        if (seconds < 7200) return `${round(seconds / 60)} min`;
        return `${round(seconds / 3600)} h`;
    }

    function round(number) {
        return String(Number(number.toPrecision(3)));
    }

    const text = (x, y, content, more = '') => `<text x="${x}" y="${y}" ${more}>${content}</text>`;
    const line = (x1, y1, x2, y2) => `<line class="axis" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;

    function svg(width, height, label, content) {
        return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${content}</svg>`;
    }

    // One bar for each retry, from the shortest to the longest delay.
    function bands(width, ranges, goesOn) {
        if (ranges.length === 0) return svg(width, 60, 'no retry', text(0, 30, 'No retry, so no delay.'));
        const [left, row, top] = [64, 24, 6];
        const longest = Math.max(...ranges.map((range) => range.high)) || 1;
        const scale = (seconds) => left + (seconds / longest) * (width - left - 140);
        const rows = ranges.map(({ low, high }, index) => {
            const y = top + index * row;
            const words = low === high ? time(high) : `${time(low)} to ${time(high)}`;
            const length = Math.max(scale(high) - scale(low), 3);
            return text(0, y + 14, `retry ${index + 1}`, 'class="small"')
                + `<rect class="band" x="${scale(low)}" y="${y}" width="${length}" height="16" rx="2" fill="var(--band)" stroke="var(--main)"/>`
                + text(scale(high) + 8, y + 13, words);
        });
        const end = top + ranges.length * row;
        const more = goesOn ? text(0, end + 14, 'and so on', 'class="small"') : '';
        return svg(width, end + (goesOn ? 24 : 4), `delays of ${ranges.length} retries`, line(left, 0, left, end) + rows.join('') + more);
    }

    // One row for each of the shortest, a middle and the longest course of the call, with a mark for each attempt.
    function timeline(width, paths) {
        const names = { shortest: 'short delays', middle: 'middle', longest: 'long delays' };
        const [left, row, top] = [96, 52, 18];
        const below = width < 480 ? 0 : left;
        const ends = paths.map((path) => path.ends ?? path.starts.at(-1));
        const longest = Math.max(...ends) || 1;
        const scale = (seconds) => left + (seconds / longest) * (width - left - 16);
        const rows = paths.map((path, index) => {
            const y = top + index * row;
            const marks = path.starts.map((at) => `<circle class="attempt" cx="${scale(at)}" cy="${y}" r="5" fill="var(--main)"/>`);
            const end = path.ends === null
                ? text(below, y + 26, `goes on after ${path.starts.length} attempts`, 'class="small"')
                : `<circle cx="${scale(path.ends)}" cy="${y}" r="8" fill="none" stroke="var(--bad)" stroke-width="2"/>`
                    + text(below, y + 26, `gives up after ${time(path.ends)}, ${path.starts.length} attempt${path.starts.length === 1 ? '' : 's'}: ${path.reason}`, 'class="small"');
            return text(0, y + 4, names[path.name], 'class="small"') + line(left, y, scale(ends[index]), y) + marks.join('') + end;
        });
        return svg(width, top + paths.length * row, 'the attempts over time', rows.join(''));
    }

    // Curves of attempts per second. Each has its name at its highest point.
    function outage(width, runs, rate, labels) {
        const [left, right, top, bottom, height] = [46, 10, 24, 26, 300];
        const known = runs.filter((run) => run.result);
        const first = known[0].result;
        const seconds = first.attempts.length - 1;
        const most = Math.max(rate, ...known.flatMap((run) => run.result.attempts)) * 1.08;
        const x = (second) => left + (second / seconds) * (width - left - right);
        const y = (count) => height - bottom - (count / most) * (height - top - bottom);
        const stall = `<rect x="${x(first.starts)}" y="${top}" width="${x(first.ends) - x(first.starts)}" height="${height - top - bottom}" fill="var(--line)" opacity=".5"/>`
            + text(x(first.starts) + 4, top - 6, 'the server stalls', 'class="small"');
        const step = 10 ** Math.floor(Math.log10(most / 2));
        const lines = [];
        for (let count = 0; count < most; count += step * (most / step > 6 ? 2 : 1)) {
            lines.push(line(left, y(count), width - right, y(count)) + text(left - 6, y(count) + 4, count.toLocaleString('en'), 'text-anchor="end" class="small"'));
        }
        for (let second = 0; second <= seconds; second += 20) lines.push(text(x(second), height - 8, `${second} s`, 'text-anchor="middle" class="small"'));
        const colours = { none: 'var(--quiet)', policy: 'var(--bad)', budget: 'var(--good)' };
        // Each name is at the highest point of its curve, and that of the lowest curve at its start.
        const label = (name, { attempts }) => {
            if (name === 'none') return text(x(1), y(attempts[1]) - 10, labels[name], `fill="${colours[name]}" class="name"`);
            const peak = Math.max(...attempts);
            return text(x(attempts.indexOf(peak) + 1) + 6, Math.max(y(peak) + 4, top + 12), labels[name], `fill="${colours[name]}" class="name"`);
        };
        const curves = known.map(({ name, result }) => {
            const points = result.attempts.slice(0, seconds).map((count, second) => `${x(second + 0.5).toFixed(1)},${y(count).toFixed(1)}`);
            return `<polyline class="curve" data-name="${name}" points="${points.join(' ')}" fill="none" stroke="${colours[name]}" stroke-width="2"/>`
                + label(name, result);
        });
        return svg(width, height, 'attempts per second before, during and after the outage', lines.join('') + stall + curves.join(''));
    }

    // Three bars with numbers. The longest is that of services that all retry.
    function nested(width, calls) {
        const rows = [['every service retries', calls.every, 'var(--bad)'], ['each with a budget', calls.budget, 'var(--accent)'], ['with scopes', calls.scope, 'var(--good)']];
        const [left, row] = [150, 32];
        const longest = Math.max(calls.every, 1);
        const bars = rows.map(([name, count, colour], index) => {
            const length = Math.max((count / longest) * (width - left - 70), 2);
            const number = Number(count.toPrecision(3)).toLocaleString('en');
            return text(0, index * row + 17, name) + `<rect x="${left}" y="${index * row + 2}" width="${length}" height="20" rx="2" fill="${colour}"/>`
                + text(left + length + 8, index * row + 17, number, `class="calls"`);
        });
        return svg(width, rows.length * row, 'requests that reach the last service', bars.join(''));
    }

    return { bands, nested, outage, time, timeline };
})();
