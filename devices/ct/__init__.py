"""CT scanners: a DICOM receiver or a watched folder, and the store their volumes are kept in."""
