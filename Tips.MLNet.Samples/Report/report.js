// The map of embeddings. Everything it shows is text or a data URI from the JSON beside it; nothing is parsed as HTML.
(() => {
    'use strict';
    const SVG = 'http://www.w3.org/2000/svg', COLORS = 8, REACH = 28, MARGIN = 16, SLICE = 40;
    const SHAPES = [
        'M-1 0A1 1 0 1 0 1 0A1 1 0 1 0-1 0Z', 'M-.88-.88H.88V.88H-.88Z', 'M0-1.2L1.1.8H-1.1Z', 'M0-1.25L1.25 0 0 1.25-1.25 0Z',
        'M0 1.2L1.1-.8H-1.1Z', 'M-.4-1.15H.4V-.4H1.15V.4H.4V1.15H-.4V.4H-1.15V-.4H-.4Z',
    ];

    // The same numbers in every browser (mulberry32).
    function generator(seed) {
        let state = seed >>> 0;
        return () => {
            state = state + 0x6D2B79F5 | 0;
            let t = Math.imul(state ^ state >>> 15, 1 | state);
            t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
            return ((t ^ t >>> 14) >>> 0) / 4294967296;
        };
    }

    function element(name, text, className) {
        const result = document.createElement(name);
        if (text !== undefined) result.textContent = text;
        if (className) result.className = className;
        return result;
    }

    function drawing(name, attributes) {
        const result = document.createElementNS(SVG, name);
        for (const key in attributes) result.setAttribute(key, attributes[key]);
        return result;
    }

    function symbol(group, className) {
        return drawing('path', { d: SHAPES[Math.floor(group / COLORS) % SHAPES.length], class: `${className} g${group % COLORS}` });
    }

    // UMAP in slices, so that the page stays alive. It starts from the principal components, so the two maps have similar directions; from
    // a small copy of them, since clouds that start far apart drive each other farther.
    async function computeUmap(data, progress) {
        const count = data.points.length, size = data.neighbors[0].length;
        const umap = new UMAP.UMAP({ nComponents: 2, nNeighbors: size, minDist: 0.1, random: generator(data.seed) });
        umap.setPrecomputedKNN(data.neighbors, data.distances.map(row => row.map(distance => distance * 1e-4)));
        const epochs = umap.initializeFit(data.pca);
        const embedding = umap.getEmbedding();
        const largest = Math.max(...data.pca.map(p => Math.max(Math.abs(p[0]), Math.abs(p[1])))) || 1;
        const random = generator(data.seed + 1), spread = 0.3;
        for (let i = 0; i < count; i++) {
            for (let axis = 0; axis < 2; axis++) embedding[i][axis] = spread * data.pca[i][axis] / largest + 0.01 * random();
        }
        for (let epoch = 0; epoch < epochs;) {
            for (const end = performance.now() + SLICE; epoch < epochs && performance.now() < end; epoch++) umap.step();
            progress(epoch / epochs, embedding);
            await new Promise(resolve => setTimeout(resolve, 0));
        }
        return embedding.map(p => [p[0], p[1]]);
    }

    function start(root) {
        const data = JSON.parse(document.getElementById(`${root.id}-data`).textContent);
        const stage = root.querySelector('.stage'), readout = root.querySelector('.readout');
        const status = root.querySelector('.status'), select = root.querySelector('select');
        const svg = drawing('svg', { 'aria-hidden': 'true' });
        const radius = data.points.length > 1000 ? 3.2 : data.points.length > 300 ? 4.2 : 5.5;
        const marks = data.points.map(point => symbol(point.group, point.marked ? 'point marked' : 'point'));
        const cursor = drawing('circle', { class: 'cursor', r: radius + 5, visibility: 'hidden' });
        let layout = data.pca, places = [], current = -1, umap = null, wanted = 'pca';
        svg.append(...marks, cursor);
        stage.append(svg);

        function place() {
            const width = stage.clientWidth, height = stage.clientHeight;
            svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
            const range = axis => {
                let least = Infinity, most = -Infinity;
                for (const p of layout) { least = Math.min(least, p[axis]); most = Math.max(most, p[axis]); }
                return [least, most - least || 1];
            };
            const [left, wide] = range(0), [bottom, high] = range(1);
            const scale = Math.min((width - 2 * MARGIN) / wide, (height - 2 * MARGIN) / high);
            const x0 = (width - wide * scale) / 2, y0 = (height + high * scale) / 2;
            places = layout.map(p => [x0 + (p[0] - left) * scale, y0 - (p[1] - bottom) * scale]);
            places.forEach(([x, y], i) =>
                marks[i].setAttribute('transform', `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${radius})`));
            if (current >= 0) moveCursor();
        }

        function moveCursor() {
            cursor.setAttribute('cx', places[current][0].toFixed(2));
            cursor.setAttribute('cy', places[current][1].toFixed(2));
            cursor.setAttribute('visibility', 'visible');
        }

        function describe(point) {
            const parts = [];
            if (point.thumbnail) {
                const image = element('img');
                image.src = point.thumbnail;
                image.alt = '';
                parts.push(image);
            }
            parts.push(element('p', point.name, 'name'), element('p', `${data.groupName}: ${data.groups[point.group]}`));
            if (point.note) parts.push(element('p', point.note));
            if (point.marked && data.markName) parts.push(element('p', data.markName));
            if (point.path !== point.name) parts.push(element('p', point.path, 'path'));
            return parts;
        }

        function choose(index) {
            if (index < 0 || index === current) return;
            current = index;
            stage.dataset.current = index;
            moveCursor();
            readout.replaceChildren(...describe(data.points[index]));
        }

        function isShown(i) { return select.value === '' || data.points[i].group === Number(select.value); }

        function nearest(x, y, reach) {
            let best = -1, least = reach * reach;
            places.forEach((p, i) => {
                const distance = (p[0] - x) ** 2 + (p[1] - y) ** 2;
                if (distance < least && isShown(i)) { least = distance; best = i; }
            });
            return best;
        }

        // Of the points within 45 degrees of the direction, the nearest.
        function neighbor(dx, dy) {
            if (current < 0) return nearest(stage.clientWidth / 2, stage.clientHeight / 2, Infinity);
            let best = -1, least = Infinity;
            places.forEach((p, i) => {
                const x = p[0] - places[current][0], y = p[1] - places[current][1], along = x * dx + y * dy;
                const across = Math.abs(x * dy) + Math.abs(y * dx), distance = Math.hypot(along, 2 * across);
                if (i !== current && along > 0 && across <= along && distance < least && isShown(i)) { least = distance; best = i; }
            });
            return best;
        }

        function next(from, step, accept) {
            const count = data.points.length;
            for (let n = 0, i = from; n < count; n++) {
                i = (i + step + count) % count;
                if (isShown(i) && accept(i)) return i;
            }
            return -1;
        }

        const keys = {
            ArrowLeft: () => neighbor(-1, 0), ArrowRight: () => neighbor(1, 0), ArrowUp: () => neighbor(0, -1),
            ArrowDown: () => neighbor(0, 1), Home: () => next(-1, 1, () => true), End: () => next(0, -1, () => true),
            m: () => next(current, 1, i => data.points[i].marked), M: () => next(current, 1, i => data.points[i].marked),
        };
        stage.addEventListener('keydown', event => {
            if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
            event.preventDefault();
            choose(keys[event.key]());
        });
        for (const kind of ['pointermove', 'pointerdown']) {
            stage.addEventListener(kind, event => {
                const box = svg.getBoundingClientRect();
                choose(nearest(event.clientX - box.left, event.clientY - box.top, REACH));
            });
        }

        select.addEventListener('change', () => marks.forEach((mark, i) => mark.classList.toggle('faded', !isShown(i))));

        async function show(kind) {
            wanted = kind;
            if (kind === 'umap' && !umap) {
                const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
                umap = computeUmap(data, (share, embedding) => {
                    if (wanted !== 'umap') return;
                    status.textContent = `Computing UMAP: ${Math.floor(10 * share) * 10} %`;
                    if (isCalm) return;
                    layout = embedding;
                    place();
                });
            }
            const shown = kind === 'umap' ? await umap : data.pca;
            if (wanted !== kind) return;
            layout = shown;
            place();
            root.dataset.layout = kind;
            status.textContent = kind === 'umap' ? 'UMAP is shown.' : 'Principal components are shown.';
        }

        for (const input of root.querySelectorAll('input[type=radio]')) {
            input.addEventListener('change', () => show(input.value).catch(error => {
                umap = null;
                status.textContent = `UMAP failed: ${error.message}`;
            }));
        }

        const legend = root.querySelector('.legend');
        if (legend) {
            legend.append(...data.groups.map((name, group) => {
                const item = element('li'), icon = drawing('svg', { viewBox: '-1.4 -1.4 2.8 2.8', 'aria-hidden': 'true' });
                icon.append(symbol(group, ''));
                item.append(icon, name);
                return item;
            }));
        }

        // Made when it is opened: thousands of rows would slow the page down.
        const details = root.querySelector('details');
        details.addEventListener('toggle', () => {
            const host = details.querySelector('.map-table');
            if (!details.open || host.firstChild) return;
            const region = element('div', undefined, 'scroll'), table = element('table'), head = element('tr'), body = element('tbody');
            region.tabIndex = 0;
            region.setAttribute('role', 'region');
            region.setAttribute('aria-label', 'The points as a table');
            for (const name of ['picture', data.groupName, 'note', 'path']) {
                const cell = element('th', name);
                cell.scope = 'col';
                head.append(cell);
            }
            for (const point of data.points) {
                const row = element('tr'), name = element('th', point.name);
                name.scope = 'row';
                const note = [point.note, point.marked ? data.markName : ''].filter(Boolean).join('; ');
                row.append(name, element('td', data.groups[point.group]), element('td', note), element('td', point.path));
                body.append(row);
            }
            const top = element('thead');
            top.append(head);
            table.append(element('caption', `${data.points.length} points`), top, body);
            region.append(table);
            host.append(region);
        });

        root.dataset.layout = 'pca';
        new ResizeObserver(place).observe(stage);
        place();
    }

    document.querySelectorAll('[data-map]').forEach(start);
})();
