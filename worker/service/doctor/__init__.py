"""Is everything in order? What the settings, the machine, the store and its lanes have to say; nothing is changed."""

from worker.service.doctor.examination import examine

__all__ = ["examine"]
