"""The wires under the drivers: each transport exists once; only this folder imports pyserial and pymodbus."""
