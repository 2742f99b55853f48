# SPDX-License-Identifier: GPL-3.0-or-later
"""A screen in memory that tells when a program's window appeared and when it had finished drawing."""
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

import xcffib
import xcffib.damage
import xcffib.xproto

# A window that draws nothing for so long has finished. A text cursor blinks every 0.5 s.
QUIET_SECONDS = 0.4
SMALLEST = 100  # pixels; smaller windows are tooltips and helpers of the toolkits


class Screen:
    """Xvfb on a display of its own, for `with`."""

    def __enter__(self):
        reading, writing = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1000x24"],
                                       pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as numbers:
            self.name = ":" + numbers.readline().strip()
        self.x = xcffib.connect(self.name)
        self.damage = self.x(xcffib.damage.key)
        self.damage.QueryVersion(1, 1).reply()
        self.x.core.ChangeWindowAttributes(self.x.get_setup().roots[0].root, xcffib.xproto.CW.EventMask,
                                           [xcffib.xproto.EventMask.SubstructureNotify])
        self.x.flush()
        return self

    def __exit__(self, *_):
        self.x.disconnect()
        self.server.terminate()
        self.server.wait()

    def watch(self, command, timeout):
        """Starts the program as a new user would; (window, shown): seconds from its start until a window was there, and
        until the last of what it drew by itself. Raises RuntimeError where no window came."""
        home = tempfile.mkdtemp(prefix="plimsoll-bench-")
        environment = {**os.environ, "DISPLAY": self.name, "HOME": home, "XDG_CONFIG_HOME": home + "/config",
                       "XDG_CACHE_HOME": home + "/cache", "XDG_DATA_HOME": home + "/data", "QT_QPA_PLATFORM": "xcb"}
        environment.pop("WAYLAND_DISPLAY", None)
        start = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return self._wait(process, start, timeout)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            self._forget()
            shutil.rmtree(home, ignore_errors=True)

    def _wait(self, process, start, timeout):
        appeared = drew = None
        while True:
            now = time.perf_counter() - start
            if drew is not None and now - drew > QUIET_SECONDS:
                return appeared, drew
            if now > timeout or process.poll() is not None:
                raise RuntimeError(f"no window within {timeout:.0f} s" if process.poll() is None else
                                   f"exit status {process.returncode} without a window")
            select.select([self.x.get_file_descriptor()], [], [], 0.005)
            for event in self._events():
                now = time.perf_counter() - start
                if isinstance(event, xcffib.xproto.MapNotifyEvent) and self._is_window(event):
                    appeared = appeared or now
                    drew = now
                    self.damage.Create(self.x.generate_id(), event.window, xcffib.damage.ReportLevel.RawRectangles)
                    self.x.flush()
                elif isinstance(event, xcffib.damage.NotifyEvent):
                    drew = now

    def _events(self):
        """Those that have arrived. A window that is gone by the time it is asked about is no error."""
        while True:
            try:
                event = self.x.poll_for_event()
            except xcffib.XcffibException:
                continue
            if event is None:
                return
            yield event

    def _is_window(self, event):
        if event.override_redirect:
            return False
        try:
            size = self.x.core.GetGeometry(event.window).reply()
        except xcffib.XcffibException:
            return False
        return min(size.width, size.height) >= SMALLEST

    def _forget(self):
        """The end of a program's windows does not count for the next one."""
        time.sleep(0.2)
        for _ in self._events():
            pass
