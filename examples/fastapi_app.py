"""An application that sends SMS and hears what became of them: uvicorn examples.fastapi_app:app"""

from fastapi import FastAPI

from receipted import Hub
from receipted.domain.event import Event

hub = Hub()
app = FastAPI(lifespan=hub.lifespan)
app.mount("/sms", hub.webhooks)


@hub.on_event
async def changed(event: Event) -> None:
    print(f"{event.message_id} is {event.status}", flush=True)


@app.post("/greet/{number}")
async def greet(number: str) -> str:
    return (await hub.send(to=number, from_="AcmeInc", text="Hello")).id
