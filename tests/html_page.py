"""HTML pages as a browser would read them."""

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}
INLINE = {"a", "b", "code", "em", "i", "span", "strong", "sub", "sup"}


class Page(HTMLParser):
    """What a browser would make of a page: elements, texts, and unbalanced tags."""

    def __init__(self, text):
        super().__init__()
        self.open, self.faults, self.elements, self.words = [], [], [], []
        self.feed(text)
        self.close()
        self.faults += self.open

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._part(tag)

    def handle_endtag(self, tag):
        self._part(tag)
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    def _part(self, tag):
        if tag not in INLINE:
            self.words.append(" ")

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words))

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]
