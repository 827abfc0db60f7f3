"""Images: finding, changing, o counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.client.base import Dict, Id, StashClientBase
from stash_cli.core.errors import StashCapabilityError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core import types


class ImageClientMixin(StashClientBase):
    """Operations on images."""

    async def find_image(self, id: Id) -> types.Image | None:
        return await self.ask("findImage", id=id)

    async def find_images(
        self,
        filter_: types.FindFilterType | Dict | None = None,
        image_filter: types.ImageFilterType | Dict | None = None,
        q: str | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindImagesResultType:
        """Images that match; all of them unless `filter_` pages."""
        return await self.find_page("Image", filter_, image_filter, q, ids)

    async def create_image(self, image: types.Image) -> types.Image:
        """Raises StashCapabilityError: images come from scanning files, no server creates them."""
        raise StashCapabilityError(
            f"{image!r} cannot be created: images appear when their files are scanned.",
            hint="Put the file into a library folder and scan it.",
        )

    async def update_image(self, image: types.Image) -> types.Image:
        return await self.write("imageUpdate", image)

    async def images_update(self, updates: Sequence[types.ImageUpdateInput | Dict]) -> list[types.Image]:
        return await self.ask("imagesUpdate", input=updates)

    async def bulk_image_update(
        self, input_data: types.BulkImageUpdateInput | Dict, *, return_fields: str | None = None
    ) -> list[types.Image] | list[Dict]:
        return await self.bulk("bulkImageUpdate", input_data, return_fields)

    async def image_destroy(self, input_data: types.ImageDestroyInput | Dict) -> bool:
        return await self.ask("imageDestroy", input=input_data)

    async def images_destroy(self, input_data: types.ImagesDestroyInput | Dict) -> bool:
        return await self.ask("imagesDestroy", input=input_data)

    async def image_increment_o(self, id: Id) -> int:
        return await self.ask("imageIncrementO", id=id)

    async def image_decrement_o(self, id: Id) -> int:
        return await self.ask("imageDecrementO", id=id)

    async def image_reset_o(self, id: Id) -> int:
        return await self.ask("imageResetO", id=id)
