"""SetImage: containers get other images, as by ``kubectl set image``."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError

from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import ContainerImage, SetImageParameters
from countersign.api.status import Change
from countersign.errors import RefusedError
from countersign.executors.rollout_status import settled
from countersign.executors.templates.pod_template import (
    ALL,
    Container,
    chosen,
    containers_of,
    in_containers,
    refuse_owned_replica_set,
)
from countersign.executors.wording.values import bounded, shown
from countersign.ports import JsonObject, PatchForm, Progress


class SetImage:
    """One field of each container; ``*`` stands for all, init containers included."""

    operation = OperationType.SET_IMAGE
    form = PatchForm.STRATEGIC
    needs_live = True  # Whether a name is that of an init container only the object tells.

    def check(self, operation: Operation, live: JsonObject) -> None:
        """Every container must be there, and ``*`` leaves nothing to be named beside it."""
        images = _parameters(operation).images
        if len(images) > 1 and any(each.container == ALL for each in images):
            message = "* stands for all containers already; name no other container beside it."
            raise RefusedError("Invalid", message)
        refuse_owned_replica_set(operation, live)
        for each in images:
            chosen(operation, live, each.container)

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """Each image that is another one now."""
        return bounded(
            [
                Change(
                    field=f"{container.field}.image",
                    before=None if _image(container) is None else shown(str(_image(container))),
                    after=shown(image),
                )
                for container, image in _edits(operation, live)
            ]
        )

    def patch(
        self, operation: Operation, live: JsonObject | None, approved_at: datetime
    ) -> JsonObject:
        """The images and nothing else."""
        del approved_at
        edits = _edits(operation, live or {})
        parts = [(container, {"image": image}) for container, image in edits]
        return in_containers(operation.one.kind, parts)

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """The images that they had."""
        edits = _edits(operation, live)
        try:
            back = [
                ContainerImage(container=container.name, image=_image(container) or "")
                for container, _ in edits
            ]
            parameters = SetImageParameters(images=tuple(back))
        except ValidationError:  # One had no image, or there are more than one operation can name.
            return None
        return Operation(type=self.operation, target=operation.target, set_image=parameters)

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence."""
        edits = _edits(operation, live)
        if not edits:
            return f"{operation.one.described} has these images already"
        images = ", ".join(f"{container.name} to {image}" for container, image in edits)
        return f"Set images of {operation.one.described}: {images}"

    def progress(self, operation: Operation, live: JsonObject) -> Progress:
        """The rollout of the new template."""
        return settled(operation.one.kind, live)


def _edits(operation: Operation, live: JsonObject) -> list[tuple[Container, str]]:
    """In the containers' own order, which a strategic merge would else give up for the patch's."""
    images = {each.container: each.image for each in _parameters(operation).images}
    edits = (
        (container, images.get(container.name, images.get(ALL)))
        for container in containers_of(operation.one.kind, live)
    )
    return [(each, image) for each, image in edits if image is not None and image != _image(each)]


def _image(container: Container) -> str | None:
    return container.body.get("image")


def _parameters(operation: Operation) -> SetImageParameters:
    if operation.set_image is None:  # The model refuses this; here it is for the type checker.
        raise RefusedError("Invalid", "SetImage without images; write setImage: {images: […]}.")
    return operation.set_image
