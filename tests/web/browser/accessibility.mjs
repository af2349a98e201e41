// Judges what the browser itself knows of a page: names of controls, and colours as painted.

const controls = new Set([
    "button",
    "link",
    "textbox",
    "searchbox",
    "combobox",
    "dialog",
    "option",
    "listbox",
    "navigation",
    "complementary",
    "main",
    "region",
    "log",
    "separator",
    "article",
    "image",
    "checkbox",
]);

/** The controls and landmarks that the accessibility tree has without a name. */
export async function unnamed(page) {
    const session = await page.context().newCDPSession(page);
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    await session.detach();
    const judged = nodes.filter((node) => !node.ignored && controls.has(node.role?.value));
    if (judged.length < 2) throw new Error("no controls are seen");
    return judged.filter((node) => !node.name?.value?.trim()).map((node) => node.role.value);
}

/**
 * The texts whose contrast to what is behind them is below WCAG AA (4.5, large ones 3), in each of
 * the colours that people can have.
 */
export function contrasts(page) {
    return page.evaluate(() => {
        const canvas = document
            .createElement("canvas")
            .getContext("2d", { willReadFrequently: true });
        const known = new Map();
        // As it is painted, whatever the notation.
        const painted = (color) => {
            if (!known.has(color)) {
                canvas.clearRect(0, 0, 1, 1);
                canvas.fillStyle = color;
                canvas.fillRect(0, 0, 1, 1);
                const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
                known.set(color, { rgb: [r, g, b], a: a / 255 });
            }
            return known.get(color);
        };
        const over = ({ rgb, a }, below) => rgb.map((part, i) => part * a + below[i] * (1 - a));
        const background = (element) => {
            if (element === null) return [255, 255, 255];
            const own = painted(getComputedStyle(element).backgroundColor);
            return own.a === 1 ? own.rgb : over(own, background(element.parentElement));
        };
        const luminance = (rgb) =>
            rgb
                .map((part) => part / 255)
                .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
                .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
        const ratio = (a, b) => {
            const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
            return (high + 0.05) / (low + 0.05);
        };
        const poor = new Set();
        let count = 0;
        const judge = (element, words) => {
            const style = getComputedStyle(element);
            if (style.visibility !== "visible" || element.closest(":disabled, .unseen")) return;
            const behind = background(element);
            const found = ratio(over(painted(style.color), behind), behind);
            const size = parseFloat(style.fontSize);
            const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
            count += 1;
            if (found < (large ? 3 : 4.5))
                poor.add(`${found.toFixed(2)} ${element.className}: ${words}`);
        };
        const all = [...document.querySelectorAll("body *")].filter(
            (each) =>
                each.checkVisibility() &&
                [...each.childNodes].some(
                    (child) => child.nodeType === Node.TEXT_NODE && child.data.trim() !== "",
                ),
        );
        for (const element of all) judge(element, element.textContent.slice(0, 30));
        for (const element of document.querySelectorAll("#messages [class*=hue-]")) {
            const names = element.className;
            for (let hue = 0; hue < 12; ++hue) {
                element.className = names.replace(/hue-\d+/u, "hue-" + hue);
                judge(element, "hue " + hue);
                for (const name of element.querySelectorAll(".name")) judge(name, "hue " + hue);
            }
            element.className = names;
        }
        return { poor: [...poor], count };
    });
}
