"""What nbval leaves out: the pictures of a notebook are compared as well.

Pictures are compared if the same version of Matplotlib drew them, or none did: other
versions place text and margins differently, and then the numbers have to tell.
"""

import atexit
import base64
import io
import os
import shutil
import tempfile

import nbval.plugin
import numpy as np
from PIL import Image

# Machines may round the edge of a line otherwise; a thin line of another colour, or a
# letter, is many pixels.
TOLERANCE = 8  # of 255, in any channel of a pixel
MAX_PIXELS = 10  # beyond it

# Neither the reader's settings nor another backend may change what is drawn.
os.environ.pop("MPLBACKEND", None)
os.environ["IPYTHONDIR"] = tempfile.mkdtemp(prefix="ipython-")
atexit.register(shutil.rmtree, os.environ["IPYTHONDIR"], ignore_errors=True)


def stored_pictures(outputs):
    """Return the PNG pictures of a cell's outputs, in order."""
    pngs = [output["data"].get("image/png") for output in outputs if "data" in output]
    return [Image.open(io.BytesIO(base64.b64decode(png))) for png in pngs if png]


def picture_difference(now, stored):
    """Return in words how two pictures differ; "" if they do not."""
    if now.info.get("Software") != stored.info.get("Software"):
        return ""
    if now.size != stored.size:
        return f"{stored.size} pixels are stored, {now.size} are drawn now"
    pixels_now, pixels_stored = (
        np.asarray(picture.convert("RGBA"), dtype="int16") for picture in (now, stored)
    )
    apart = np.abs(pixels_now - pixels_stored).max(axis=2)
    n_pixels = int((apart > TOLERANCE).sum())
    if n_pixels > MAX_PIXELS:
        return f"{n_pixels} pixels differ, by up to {apart.max()} of 255"
    return ""


def picture_problem(outputs_now, outputs_stored):
    """Return in words the first difference between pictures; "" for none."""
    now, stored = stored_pictures(outputs_now), stored_pictures(outputs_stored)
    if len(now) != len(stored):
        return f"{len(stored)} picture(s) are stored, {len(now)} are drawn now"
    for number, pair in enumerate(zip(now, stored, strict=True), start=1):
        if difference := picture_difference(*pair):
            return f"picture {number}: {difference}"
    return ""


compare_texts = nbval.plugin.IPyNbCell.compare_outputs


def compare_outputs(cell, test, ref, skip_compare=None):
    """Compare the texts as nbval does, then the pictures."""
    if not compare_texts(cell, test, ref, skip_compare):
        return False
    problem = picture_problem(test, ref)
    if problem:
        cell.comparison_traceback.append(problem)
    return not problem


nbval.plugin.IPyNbCell.compare_outputs = compare_outputs
