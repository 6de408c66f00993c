//! A picture that is readable in light and in dark mode, on a phone, and by a screen reader.
//!
//! It has its own background, so it does not depend on the page. It is dark if the reader's system is dark, or if the
//! theme of the documentation is. All rules are below one class, because the style of an inline picture applies to the
//! whole page.

use std::fmt::Write as _;

/// The width in units. A phone shows a picture 350 pixels wide, so that text of [`TEXT`] units is 12 pixels high there.
pub const WIDTH: f64 = 520.0;
/// The margin on the left and on the right.
pub const MARGIN: f64 = 18.0;
/// The size of all text but the headline.
pub const TEXT: f64 = 18.0;

const LIGHT_PAGE: &str = "#ffffff";
const DARK_PAGE: &str = "#161b22";
const HEADLINE: f64 = 22.0;
/// The number of characters of a headline, and of other text, that fit on a line in any usual font.
const HEADLINE_CHARS: usize = 37;
const TEXT_CHARS: usize = 50;

/// A colour by its use; each differs from the others in lightness, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Ink,
    Dim,
    Grid,
    Shade,
    Red,
    Blue,
    Grey,
    Amber,
    Green,
}

impl Colour {
    const ALL: [Self; 9] =
        [Self::Ink, Self::Dim, Self::Grid, Self::Shade, Self::Red, Self::Blue, Self::Grey, Self::Amber, Self::Green];

    const fn class(self) -> &'static str {
        self.looks().0
    }

    /// Returns the class, the colour in light and that in dark mode. Text has a contrast of at least 4.5 to the
    /// background.
    const fn looks(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Ink => ("ink", "#1f2328", "#e6edf3"),
            Self::Dim => ("dim", "#57606a", "#a9b4c0"),
            Self::Grid => ("grid", "#d8dee4", "#353c45"),
            Self::Shade => ("shade", "#e9ecef", "#2a313a"),
            Self::Red => ("red", "#c2352a", "#ff8178"),
            Self::Blue => ("blue", "#1a5fb0", "#6db3ff"),
            Self::Grey => ("grey", "#6a737d", "#9aa5b1"),
            Self::Amber => ("amber", "#8f6100", "#e3b341"),
            Self::Green => ("green", "#1a7f37", "#56d364"),
        }
    }
}

/// The point of a text that its position specifies.
#[derive(Clone, Copy, Debug)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    const fn attribute(self) -> &'static str {
        match self {
            Self::Start => "",
            Self::Middle => " text-anchor=\"middle\"",
            Self::End => " text-anchor=\"end\"",
        }
    }
}

/// A picture that grows downwards.
#[derive(Clone, Debug)]
pub struct Picture {
    name: &'static str,
    title: String,
    description: String,
    body: String,
    height: f64,
}

impl Picture {
    /// Begins with a headline, and a text below it. A screen reader reads both, then `description`.
    pub fn new(name: &'static str, headline: &str, explanation: &str, description: &str) -> Self {
        let mut picture = Self {
            name,
            title: headline.to_owned(),
            description: format!("{explanation} {description}"),
            body: String::new(),
            height: 12.0,
        };
        for line in wrapped(headline, HEADLINE_CHARS) {
            picture.height += HEADLINE + 5.0;
            let _ = writeln!(
                picture.body,
                "<text class=\"ink\" x=\"{MARGIN}\" y=\"{}\" font-size=\"{HEADLINE}\" font-weight=\"700\">{}</text>",
                picture.height,
                escaped(&line),
            );
        }
        picture.height += 4.0;
        picture.paragraph(explanation);
        picture
    }

    /// Writes a text below everything else.
    pub fn paragraph(&mut self, text: &str) {
        for line in wrapped(text, TEXT_CHARS) {
            self.height += TEXT + 5.0;
            self.text((MARGIN, self.height), Anchor::Start, Colour::Dim, &line);
        }
    }

    /// Writes the title of a panel below everything else.
    pub fn panel_title(&mut self, text: &str) {
        self.height += TEXT + 16.0;
        let _ = writeln!(
            self.body,
            "<text class=\"ink\" x=\"{MARGIN}\" y=\"{}\" font-weight=\"700\">{}</text>",
            self.height,
            escaped(text)
        );
    }

    /// Adds space at the end, and returns the position of its upper edge.
    pub fn grow(&mut self, height: f64) -> f64 {
        let top = self.height;
        self.height += height;
        top
    }

    pub fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, colour: Colour, text: &str) {
        let (class, anchor) = (colour.class(), anchor.attribute());
        let _ =
            writeln!(self.body, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\"{anchor}>{}</text>", escaped(text));
    }

    pub fn rectangle(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), colour: Colour, opacity: f64) {
        let class = colour.class();
        let opacity = if opacity < 1.0 { format!(" opacity=\"{opacity}\"") } else { String::new() };
        let _ = writeln!(
            self.body,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"{opacity}/>"
        );
    }

    /// Draws many bars of one colour, each from a lower left corner, with a width and a height.
    pub fn bars(&mut self, colour: Colour, bars: impl IntoIterator<Item = ((f64, f64), f64, f64)>) {
        let path = bars.into_iter().fold(String::new(), |mut path, ((x, y), width, height)| {
            let _ = write!(path, "M{x:.1} {y:.1}v{:.1}h{width:.1}v{height:.1}z", -height);
            path
        });
        let _ = writeln!(self.body, "<path class=\"{}\" d=\"{path}\"/>", colour.class());
    }

    /// Draws a line through the points.
    pub fn line(&mut self, colour: Colour, width: f64, dashes: Option<&str>, points: &[(f64, f64)]) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let dashes = dashes.map(|dashes| format!(" stroke-dasharray=\"{dashes}\"")).unwrap_or_default();
        let (class, points) = (colour.class(), points.join(" "));
        let _ = writeln!(
            self.body,
            "<polyline class=\"{class} line\" stroke-width=\"{width}\"{dashes} points=\"{points}\"/>"
        );
    }

    pub fn dots(&mut self, colour: Colour, points: &[(f64, f64)]) {
        for (x, y) in points {
            let _ = writeln!(self.body, "<circle class=\"{}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>", colour.class());
        }
    }

    /// Returns the text of the file. It has no empty line, which would end an inline picture in Markdown.
    pub fn finish(self) -> String {
        let Self { name, title, description, body, height } = self;
        let height = height + 16.0;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"backoff-chart\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\" style=\"max-width:100%;height:auto\" \
             font-family=\"system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif\" font-size=\"{TEXT}\" \
             role=\"img\" aria-labelledby=\"{name}-title {name}-description\">\n\
             <title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-description\">{}</desc>\n\
             <style>{}</style>\n\
             <rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n{body}</svg>\n",
            escaped(&title),
            escaped(&description),
            style(),
            WIDTH - 1.0,
            height - 1.0,
        )
    }
}

/// Returns the rules of both modes. Text has an edge in the colour of the page, so that it is readable on a line. A
/// theme of rustdoc takes precedence over the mode of the system.
fn style() -> String {
    let colours = |prefix: &str, is_dark: bool| {
        let page = if is_dark { DARK_PAGE } else { LIGHT_PAGE };
        let mut rules =
            format!("{prefix}.backoff-chart .page{{fill:{page}}}{prefix}.backoff-chart text{{stroke:{page}}}");
        for (class, light, dark) in Colour::ALL.map(Colour::looks) {
            let colour = if is_dark { dark } else { light };
            let _ = write!(rules, "{prefix}.backoff-chart .{class}{{color:{colour}}}");
        }
        rules
    };
    format!(
        ".backoff-chart *{{fill:currentColor}}.backoff-chart .line{{fill:none;stroke:currentColor;stroke-linejoin:round}}\
         .backoff-chart text{{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}}\
         .backoff-chart .page{{stroke:#8b949e;stroke-opacity:.4}}\n{}\n\
         @media(prefers-color-scheme:dark){{{}}}\n{}\n{}\n{}",
        colours("", false),
        colours("", true),
        colours("[data-theme=light] ", false),
        colours("[data-theme=dark] ", true),
        colours("[data-theme=ayu] ", true),
    )
}

/// Breaks a text into lines of at most `most` characters, not between a number and its unit.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let is_unit = |word: &str| matches!(word.trim_end_matches(['.', ',', ':']), "ms" | "s" | "%");
    let words = text.split(' ').fold(Vec::<String>::new(), |mut words, word| {
        match words.last_mut() {
            Some(number) if is_unit(word) => {
                number.push(' ');
                number.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        words
    });
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the relative luminance of a colour such as `#1f2328` (WCAG 2).
    fn luminance(colour: &str) -> f64 {
        let part = |from: usize| {
            let hex = colour.get(from..from + 2).expect("two digits");
            let value = f64::from(u8::from_str_radix(hex, 16).expect("a number")) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn text_has_enough_contrast_in_both_modes() {
        let contrast = |one: &str, other: &str| {
            let (one, other) = (luminance(one), luminance(other));
            (one.max(other) + 0.05) / (one.min(other) + 0.05)
        };
        for colour in Colour::ALL.into_iter().filter(|colour| !matches!(colour, Colour::Grid | Colour::Shade)) {
            let (class, light, dark) = colour.looks();
            assert!(contrast(light, LIGHT_PAGE) >= 4.5, "{class} in light mode: {}", contrast(light, LIGHT_PAGE));
            assert!(contrast(dark, DARK_PAGE) >= 4.5, "{class} in dark mode: {}", contrast(dark, DARK_PAGE));
        }
    }

    #[test]
    fn lines_are_short_and_keep_a_number_and_its_unit_together() {
        let lines = wrapped("all retry in the same 10 ms, with full jitter", 24);
        assert_eq!(lines, ["all retry in the same", "10 ms, with full jitter"]);
    }

    #[test]
    fn a_picture_has_no_empty_line_and_no_unescaped_text() {
        let mut picture = Picture::new("test", "a < b", "c & d", "e");
        picture.panel_title("f > g");
        let text = picture.finish();
        assert!(text.lines().all(|line| !line.trim().is_empty()), "{text}");
        for escaped in ["<title id=\"test-title\">a &lt; b</title>", "c &amp; d e</desc>", ">f &gt; g</text>"] {
            assert!(text.contains(escaped), "{escaped} is missing in {text}");
        }
    }
}
