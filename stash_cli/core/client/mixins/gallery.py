"""Galleries and images: finding, changing, covers, chapters, o counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.client.base import Dict, Id, StashClientBase
from stash_cli.core.errors import StashCapabilityError, StashInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core import types


_MODES = ("SET", "ADD", "REMOVE")


class GalleryClientMixin(StashClientBase):
    """Operations on galleries and their chapters."""

    async def find_gallery(self, id: Id) -> types.Gallery | None:
        return await self.call_operation("findGallery", id=id)

    async def find_galleries(
        self,
        filter_: types.FindFilterType | Dict | None = None,
        gallery_filter: types.GalleryFilterType | Dict | None = None,
        q: str | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindGalleriesResultType:
        """Galleries that match; all of them unless `filter_` pages."""
        return await self.find_page("Gallery", filter_, gallery_filter, q, ids)

    async def create_gallery(self, gallery: types.Gallery) -> types.Gallery:
        return await self.write("galleryCreate", gallery)

    async def update_gallery(self, gallery: types.Gallery) -> types.Gallery:
        return await self.write("galleryUpdate", gallery)

    async def galleries_update(self, galleries: Sequence[types.Gallery]) -> list[types.Gallery]:
        return await self.write_all("galleriesUpdate", galleries)

    async def bulk_gallery_update(
        self, input_data: types.BulkGalleryUpdateInput | Dict, *, return_fields: str | None = None
    ) -> list[types.Gallery] | list[Dict]:
        return await self.bulk("bulkGalleryUpdate", input_data, return_fields)

    async def gallery_destroy(
        self, ids: Sequence[Id], delete_file: bool | None = None, delete_generated: bool | None = None
    ) -> bool:
        options = {"delete_file": delete_file, "delete_generated": delete_generated}
        values = {name: value for name, value in options.items() if value is not None}
        return await self.call_operation("galleryDestroy", input={"ids": ids, **values})

    async def add_gallery_images(self, gallery_id: Id, image_ids: Sequence[Id]) -> bool:
        return await self.call_operation(
            "addGalleryImages", input={"gallery_id": gallery_id, "image_ids": image_ids}
        )

    async def remove_gallery_images(self, gallery_id: Id, image_ids: Sequence[Id]) -> bool:
        return await self.call_operation(
            "removeGalleryImages", input={"gallery_id": gallery_id, "image_ids": image_ids}
        )

    async def update_gallery_images(self, gallery_id: Id, image_ids: Sequence[Id], mode: str = "SET") -> bool:
        """Set the gallery's images (SET), or add or remove images (ADD, REMOVE)."""
        if mode not in _MODES:
            raise StashInputError(f"mode is one of {', '.join(_MODES)}, not {mode!r}.")
        ids = [str(one) for one in image_ids]
        # The API can only add and remove images, so the difference to the current images is sent.
        if mode == "SET":
            current = await self._image_ids(gallery_id)
            removed = [one for one in current if one not in set(ids)]
            if removed:
                await self.remove_gallery_images(gallery_id, removed)
            ids = [one for one in ids if one not in set(current)]
        change = self.remove_gallery_images if mode == "REMOVE" else self.add_gallery_images
        return await change(gallery_id, ids) if ids else True

    async def _image_ids(self, gallery_id: Id) -> list[str]:
        criteria = {"galleries": {"value": [str(gallery_id)], "modifier": "INCLUDES"}}
        page: Dict = await self.call_operation_json(
            "findImages", ["images.id"], image_filter=criteria, filter={"per_page": -1}
        )
        return [row["id"] for row in page["images"]]

    async def set_gallery_cover(self, gallery_id: Id, cover_image_id: Id) -> bool:
        return await self.call_operation(
            "setGalleryCover", input={"gallery_id": gallery_id, "cover_image_id": cover_image_id}
        )

    async def reset_gallery_cover(self, gallery_id: Id) -> bool:
        return await self.call_operation("resetGalleryCover", input={"gallery_id": gallery_id})

    async def gallery_chapter_create(
        self, gallery_id: Id, title: str, image_index: int
    ) -> types.GalleryChapter:
        return await self.call_operation(
            "galleryChapterCreate",
            input={"gallery_id": gallery_id, "title": title, "image_index": image_index},
        )

    async def gallery_chapter_update(
        self, id: Id, gallery_id: Id | None = None, title: str | None = None, image_index: int | None = None
    ) -> types.GalleryChapter:
        values = {"gallery_id": gallery_id, "title": title, "image_index": image_index}
        change = {name: value for name, value in values.items() if value is not None}
        return await self.call_operation("galleryChapterUpdate", input={"id": id, **change})

    async def gallery_chapter_destroy(self, id: Id) -> bool:
        return await self.call_operation("galleryChapterDestroy", id=id)


class ImageClientMixin(StashClientBase):
    """Operations on images."""

    async def find_image(self, id: Id) -> types.Image | None:
        return await self.call_operation("findImage", id=id)

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
        """Raise StashCapabilityError: only a scan creates images."""
        raise StashCapabilityError(
            f"{image!r} cannot be created: images appear when their files are scanned.",
            hint="Put the file into a media folder and scan it.",
        )

    async def update_image(self, image: types.Image) -> types.Image:
        return await self.write("imageUpdate", image)

    async def images_update(self, updates: Sequence[types.ImageUpdateInput | Dict]) -> list[types.Image]:
        return await self.call_operation("imagesUpdate", input=updates)

    async def bulk_image_update(
        self, input_data: types.BulkImageUpdateInput | Dict, *, return_fields: str | None = None
    ) -> list[types.Image] | list[Dict]:
        return await self.bulk("bulkImageUpdate", input_data, return_fields)

    async def image_destroy(self, input_data: types.ImageDestroyInput | Dict) -> bool:
        return await self.call_operation("imageDestroy", input=input_data)

    async def images_destroy(self, input_data: types.ImagesDestroyInput | Dict) -> bool:
        return await self.call_operation("imagesDestroy", input=input_data)

    async def image_increment_o(self, id: Id) -> int:
        return await self.call_operation("imageIncrementO", id=id)

    async def image_decrement_o(self, id: Id) -> int:
        return await self.call_operation("imageDecrementO", id=id)

    async def image_reset_o(self, id: Id) -> int:
        return await self.call_operation("imageResetO", id=id)
