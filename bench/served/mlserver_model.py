"""MLServer: a custom runtime that speaks the open inference protocol, a JSON text in and one out."""

import json

from mlserver import MLModel
from mlserver.codecs import StringCodec
from mlserver.types import InferenceRequest, InferenceResponse

from bench.served.answer import answered, logged, model


class Predict(MLModel):
    async def load(self) -> bool:
        model()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        [text] = StringCodec.decode_input(payload.inputs[0])
        body = json.loads(text)
        answer = answered(body)
        logged(body, answer)
        output = StringCodec.encode_output("answer", [json.dumps(answer)])
        return InferenceResponse(model_name=self.name, outputs=[output])
