"""The prompt's commands with their answers, the newest at the bottom."""

from concurrent.futures import Future
from dataclasses import dataclass

from rich.text import Text

from raftpi.cli.demo.tail_text import TailText

KEPT_COUNT = 50
# A quick answer is not announced as pending.
_PENDING_AFTER_US = 250_000

_STYLES = {"✓": "green", "✗": "red", "?": "yellow", "⏳": "yellow"}


@dataclass(slots=True, kw_only=True)
class _Exchange:
    line: str
    answer: Future[str] | None
    asked_us: int
    text: str = ""


class AnswerList(TailText):
    """What was asked and what came of it; `refresh_answers` looks for news."""

    def __init__(self) -> None:
        super().__init__(id="answers")
        self._exchanges: list[_Exchange] = []

    def ask(self, line: str, answer: "Future[str]", now_us: int) -> None:
        """Show a command whose answer is awaited."""
        self._add(_Exchange(line=line, answer=answer, asked_us=now_us))

    def say(self, line: str, text: str) -> None:
        """Show a command that has its answer already."""
        self._add(_Exchange(line=line, answer=None, asked_us=0, text=text))

    def refresh_answers(self, pending: str, now_us: int) -> None:
        """Show the answers that came; `pending` stands where one has been awaited for a while."""
        news = False
        for exchange in self._exchanges:
            if exchange.answer is None:
                continue
            text = exchange.text
            if exchange.answer.done():
                text = "" if exchange.answer.cancelled() else exchange.answer.result()
                exchange.answer = None
            elif now_us - exchange.asked_us >= _PENDING_AFTER_US:
                text = pending
            news = news or text != exchange.text
            exchange.text = text
        if news:
            self._draw()

    def _add(self, exchange: _Exchange) -> None:
        self._exchanges = [*self._exchanges[-KEPT_COUNT + 1 :], exchange]
        self._draw()

    def _draw(self) -> None:
        text = Text(overflow="fold")
        for exchange in self._exchanges:
            if text:
                text.append("\n")
            text.append(f"> {exchange.line}", style="bold")
            if exchange.text:
                text.append("\n")
                text.append(exchange.text, style=_STYLES.get(exchange.text[0], ""))
        self.show(text)
