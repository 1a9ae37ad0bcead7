"""What a person may break in the demo, to see what the desk does then."""

from bot.demo.bot_process import BotProcess
from bot.demo.stand_in import SLOW, StandIn
from bot.sandbox.page import Switch


def of_model(model: StandIn) -> list[Switch]:
    """Down and slow."""

    async def turn_down(on: bool) -> None:
        model.is_down = on

    async def turn_slow(on: bool) -> None:
        model.is_slow = on

    return [
        Switch(
            "Model down",
            "Let the model work again",
            "Whoever asks the model gets an error. Cards come without a draft; agents answer by "
            "hand.",
            "The model is down: new cards have no draft and say why; all else works.",
            lambda: model.is_down,
            turn_down,
        ),
        Switch(
            "Model slow",
            "Let the model be quick again",
            f"The model takes {SLOW:g} seconds. The card is there before it.",
            f"The model takes {SLOW:g} seconds: cards come first, drafts later.",
            lambda: model.is_slow,
            turn_slow,
        ),
    ]


def of_bot(bot: BotProcess) -> Switch:
    """Killed, and started again."""

    async def turn(on: bool) -> None:
        if on:
            await bot.kill()
        elif bot.is_killed:
            await bot.start()

    return Switch(
        "Kill the bot",
        "Start the bot again",
        "SIGKILL, in the middle of whatever it does. Write meanwhile, then start it again.",
        "The bot is dead. What is written now, Slack delivers again and again: here every few "
        "seconds, in truth after a minute and after five.",
        lambda: bot.is_killed,
        turn,
    )
